"""The one place where names become paths."""

import re
from pathlib import Path

from mojodex.platform.media.errors import UnsafeKey

#: A plain name: no separator, no leading dot, nothing a file system reads as more than a name.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
MAX_DEPTH = 8


def join_key(*names: str) -> str:
    """A key from plain names. Raises `UnsafeKey` for any other name."""
    if not 1 <= len(names) <= MAX_DEPTH or not all(_NAME.fullmatch(name) for name in names):
        raise UnsafeKey("a key is made of one to eight plain names")
    return "/".join(names)


def path_of(root: Path, key: str) -> Path:
    """Where the file of `key` lies below `root`. Raises `UnsafeKey`."""
    return root.joinpath(*join_key(*key.split("/")).split("/"))
