"""The use cases of purchases, split by what they are about."""
