"""Every query of the catalogue."""
