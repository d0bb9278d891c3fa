"""Composition roots: the web process, the command line, migrations."""
