"""Pictures of people: whether they are what they claim, and small copies for models.

Only four formats are ever decoded, and none beyond a number of pixels, because a small file may
unpack to gigabytes. These functions compute for up to a second: call them in a thread. The library
is loaded with the first picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from mojodex.platform.media.errors import PictureTooLarge, PictureUnreadable

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MAX_PIXELS = 50_000_000
#: Models look at no more than this.
USUAL_SIDE = 2048
#: Below this side a copy is not made smaller, however many bytes it has.
SMALLEST_SIDE = 256
_MEGAPIXEL = 1_000_000
_QUALITY = 85


@dataclass(frozen=True, kw_only=True)
class PictureCopy:
    """A copy without what cameras write beside the picture (place, time, owner)."""

    data: bytes
    media_type: str


def check_picture(file: BinaryIO) -> None:
    """Decode a picture once. Raises `PictureUnreadable`, `PictureTooLarge`."""
    with _opened(file) as picture:
        # JPEG can be decoded at an eighth of its size, which reads every byte all the same.
        picture.draft("RGB", (64, 64))
        picture.load()


def shrink_picture(file: BinaryIO, *, max_bytes: int, max_side: int = USUAL_SIDE) -> PictureCopy:
    """A copy for a model: upright, at most `max_side` pixels long, at most about `max_bytes`.

    The first frame of an animation. Raises `PictureUnreadable`, `PictureTooLarge`.
    """
    from PIL import ImageOps

    with _opened(file) as opened:
        is_drawn = opened.format in ("PNG", "GIF")
        opened.draft("RGB", (max_side, max_side))
        upright = ImageOps.exif_transpose(opened)
        picture = _flatten(upright)
    while True:
        picture.thumbnail((max_side, max_side))
        copy = _encode(picture, is_drawn=is_drawn, max_bytes=max_bytes)
        if len(copy.data) <= max_bytes or max_side <= SMALLEST_SIDE:
            return copy
        max_side = max(SMALLEST_SIDE, max_side * 2 // 3)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Image.Image]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Our own cap is below the library's, which only warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise PictureTooLarge(limit_megapixels=MAX_PIXELS // _MEGAPIXEL)
                yield picture
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(limit_megapixels=MAX_PIXELS // _MEGAPIXEL) from error
    # Broken files make the decoders raise any of these.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as error:
        raise PictureUnreadable() from error


def _flatten(picture: Image.Image) -> Image.Image:
    """Without transparency, on white: what is see-through would be black in a JPEG."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.copy() if picture.mode in ("RGB", "L") else picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(ground, layered).convert("RGB")


def _encode(picture: Image.Image, *, is_drawn: bool, max_bytes: int) -> PictureCopy:
    """Screens and drawings stay sharp as PNG while that is small enough."""
    if is_drawn:
        data = _write(picture, "PNG")
        if len(data) <= max_bytes:
            return PictureCopy(data=data, media_type="image/png")
    return PictureCopy(data=_write(picture, "JPEG"), media_type="image/jpeg")


def _write(picture: Image.Image, form: str) -> bytes:
    out = BytesIO()
    # Else some formats would carry over what the original said of itself.
    picture.info.clear()
    picture.save(out, form, quality=_QUALITY)
    return out.getvalue()
