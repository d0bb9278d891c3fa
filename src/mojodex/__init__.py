"""Mojodex: a self-hosted platform for task-oriented digital assistants."""

from importlib.metadata import version

__version__ = version("mojodex")
