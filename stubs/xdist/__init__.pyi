"""The few names of pytest-xdist that we use."""
