"""Prompt files (MPT): which models they suit, their text, and the form of the answer."""
