"""Pure rules of the catalogue: reading definitions, naming what is wrong, writing them back."""
