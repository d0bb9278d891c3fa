"""Every query of purchases, split by what it is about."""
