"""The use cases of identity, split by verb."""
