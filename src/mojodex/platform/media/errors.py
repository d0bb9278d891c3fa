"""Failures of the media room."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class FileTooLarge(AppError):
    """More bytes came than are allowed; nothing was kept. data: limit_bytes."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "file_too_large"


class MediaNotFound(AppError):
    """No file is kept under this key."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "media_not_found"


class PictureUnreadable(AppError):
    """It calls itself a picture and cannot be decoded as one. data: name, where that is known."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "picture_unreadable"


class PictureTooLarge(AppError):
    """A picture of more pixels than we decode. data: limit_megapixels."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "picture_too_large"


class UnsafeKey(ValueError):
    """A programming error: a key that is not made of plain names."""
