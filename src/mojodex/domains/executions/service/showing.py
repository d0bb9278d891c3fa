"""Showing people's pictures to the model: small copies, few enough for any endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from mojodex.domains.chat import Upload
from mojodex.domains.executions.rules.inputs import PICTURE_KINDS, file_names
from mojodex.domains.executions.service.context import EXECUTIONS
from mojodex.domains.executions.views import ExecutionInput
from mojodex.platform.llm import UNSEEN_PICTURES, ChatMessage, ImagePart, Role
from mojodex.platform.media import (
    Media,
    MediaNotFound,
    PictureTooLarge,
    PictureUnreadable,
    shrink_picture,
)
from mojodex.platform.prompts import MPT

log = structlog.stdlib.get_logger(__name__)

MAX_PICTURES = 20
#: Bytes of all pictures of one request, before base64 adds a third.
MAX_BYTES = 12 * 1024 * 1024
MAX_BYTES_EACH = 3 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of the form, in its order."""

    input_name: str
    upload: Upload


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What became of the pictures: a message for the model, and the names of those left out."""

    message: ChatMessage
    left_out: tuple[str, ...]


def find_pictures(
    inputs: Sequence[ExecutionInput], files: Mapping[str, Upload]
) -> tuple[Picture, ...]:
    """The pictures that a filled form names."""
    return tuple(
        Picture(input_name=item.name, upload=files[name])
        for item in inputs
        if item.kind in PICTURE_KINDS
        for name in file_names(item)
        if name in files
    )


async def show_pictures(media: Media, pictures: Sequence[Picture]) -> Shown:
    """Read and shrink them, in threads. What cannot be shown is named."""
    chosen = pictures[:MAX_PICTURES]
    budget = min(MAX_BYTES_EACH, MAX_BYTES // max(1, len(chosen)))
    parts: list[ImagePart] = []
    seen: list[Picture] = []
    for picture in chosen:
        part = await _read(media, picture, budget)
        if part is not None:
            parts.append(part)
            seen.append(picture)
    left_out = tuple(each.upload.client_name for each in pictures if each not in seen)
    text = _render(seen, left_out)
    return Shown(message=ChatMessage(Role.USER, text, tuple(parts)), left_out=left_out)


def hide_pictures(pictures: Sequence[Picture]) -> ChatMessage:
    """The message for a model that cannot see."""
    return ChatMessage(Role.USER, f"{_render(pictures, ())}\n\n{UNSEEN_PICTURES}")


async def _read(media: Media, picture: Picture, max_bytes: int) -> ImagePart | None:
    shrink = partial(shrink_picture, max_bytes=max_bytes)
    try:
        copy = await media.use_file(picture.upload.media_key, shrink)
    except (MediaNotFound, PictureUnreadable, PictureTooLarge) as error:
        log.warning("a picture cannot be shown", error=error.describe())
        return None
    if len(copy.data) > max_bytes:
        return None
    return ImagePart(data=copy.data, media_type=copy.media_type)


def _render(pictures: Sequence[Picture], left_out: Sequence[str]) -> str:
    prompt = MPT(
        EXECUTIONS,
        "pictures_shown.mpt",
        pictures=[
            {"input_name": each.input_name, "file": each.upload.client_name} for each in pictures
        ],
        left_out=list(left_out),
    )
    return prompt.render()
