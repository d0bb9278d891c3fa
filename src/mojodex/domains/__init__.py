"""The rules of Mojodex. Upper domains use lower ones through their public surface, never back."""
