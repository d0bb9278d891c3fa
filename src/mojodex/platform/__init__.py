"""Machinery without domain knowledge. Its rooms form no cycle."""
