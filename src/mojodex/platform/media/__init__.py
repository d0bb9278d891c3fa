"""Files that belong to people: kept under keys that the server makes.

A key is a path of plain names, as in `users/0198…/0199…/images/01a2….png`. Clients never name one.
`Media` keeps files on disk; `MemoryMedia` is its double.
"""

from mojodex.platform.media.errors import (
    FileTooLarge,
    MediaNotFound,
    PictureTooLarge,
    PictureUnreadable,
    UnsafeKey,
)
from mojodex.platform.media.jobs import delete_file_job, delete_files_job
from mojodex.platform.media.keys import join_key, path_of
from mojodex.platform.media.pictures import PictureCopy, check_picture, shrink_picture
from mojodex.platform.media.stores import Media, MemoryMedia, StoredFile

__all__ = [
    "FileTooLarge",
    "Media",
    "MediaNotFound",
    "MemoryMedia",
    "PictureCopy",
    "PictureTooLarge",
    "PictureUnreadable",
    "StoredFile",
    "UnsafeKey",
    "check_picture",
    "delete_file_job",
    "delete_files_job",
    "join_key",
    "path_of",
    "shrink_picture",
]
