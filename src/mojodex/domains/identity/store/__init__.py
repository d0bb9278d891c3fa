"""Every query of identity, split by what it is about."""
