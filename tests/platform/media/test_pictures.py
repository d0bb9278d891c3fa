"""Pictures are decoded within bounds, and shown to models small, upright and anonymous."""

from io import BytesIO

import pytest
from PIL import Image

from mojodex.platform.media import (
    MediaNotFound,
    MemoryMedia,
    PictureTooLarge,
    PictureUnreadable,
    check_picture,
    pictures,
    shrink_picture,
)
from tests.harness.files import SVG, make_noise, make_photo, make_picture

ROOMY = 1_000_000


def shrink(data: bytes, max_bytes: int = ROOMY, max_side: int = 2048) -> tuple[Image.Image, str]:
    copy = shrink_picture(BytesIO(data), max_bytes=max_bytes, max_side=max_side)
    assert len(copy.data) <= max_bytes
    return Image.open(BytesIO(copy.data)), copy.media_type


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_people_take_can_be_opened(form: str) -> None:
    check_picture(BytesIO(make_picture(form=form)))


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"",
        make_picture((200, 200))[:90],
        make_picture((200, 200), "JPEG")[:400],
        make_picture(form="BMP"),
        make_picture(form="TIFF"),
    ],
    ids=["svg", "empty", "half a png", "half a jpeg", "bmp", "tiff"],
)
def test_what_is_broken_or_foreign_is_refused(data: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        check_picture(BytesIO(data))


def test_a_small_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = make_picture((300, 300))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 300 * 300 - 1)
    with pytest.raises(PictureTooLarge):
        check_picture(BytesIO(bomb))
    with pytest.raises(PictureTooLarge):
        shrink_picture(BytesIO(bomb), max_bytes=ROOMY)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with pytest.raises(PictureTooLarge):
        check_picture(BytesIO(bomb))


def test_a_copy_is_small_and_keeps_its_proportions() -> None:
    copy, media_type = shrink(make_picture((400, 100), "JPEG"), max_side=200)
    assert (copy.size, media_type) == ((200, 50), "image/jpeg")
    copy, media_type = shrink(make_picture((40, 10)))
    assert (copy.size, media_type) == ((40, 10), "image/png")


def test_a_copy_stands_upright_and_says_nothing_of_its_owner() -> None:
    photo = make_photo((60, 40))
    assert b"Ada Secret" in photo
    copy = shrink_picture(BytesIO(photo), max_bytes=ROOMY)
    assert b"Ada Secret" not in copy.data
    opened = Image.open(BytesIO(copy.data))
    assert opened.size == (40, 60)
    assert not opened.getexif()


def test_what_stays_too_heavy_is_made_smaller_still() -> None:
    copy, media_type = shrink(make_noise((900, 900)), max_bytes=60_000)
    assert media_type == "image/jpeg"
    assert max(copy.size) < 900


def test_see_through_parts_become_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(out, "PNG")
    copy, _ = shrink(out.getvalue())
    assert copy.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    for mode in ("L", "P", "CMYK"):
        form = "JPEG" if mode == "CMYK" else "PNG"
        shrink(make_picture(form=form, mode=mode, colour="white"))


async def test_files_are_used_in_a_thread_and_closed() -> None:
    media = MemoryMedia()
    kept = await media.save("users/a", make_picture(), suffix=".png", max_bytes=ROOMY)
    await media.use_file(kept.key, check_picture)
    with pytest.raises(MediaNotFound):
        await media.use_file("users/a/none.png", check_picture)
