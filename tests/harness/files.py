"""Small files of the kinds that people give."""

from io import BytesIO

from PIL import Image

from mojodex.domains.chat import NewUpload, UploadFolder

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(40)
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2" + bytes(400)
HTML = b"<html><script>alert(1)</script></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
PLACE, ORIENTATION, RIGHT_TURN = 0x8825, 0x0112, 6
TAKEN_BY = 0x013B


def make_picture(
    size: tuple[int, int] = (8, 6), form: str = "PNG", *, mode: str = "RGB", colour: str = "red"
) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    Image.new(mode, size, colour).save(out, form)
    return out.getvalue()


def make_photo(size: tuple[int, int] = (60, 40)) -> bytes:
    """A JPEG as a phone makes it: lying on its side, with the name of its owner."""
    picture = Image.new("RGB", size, "blue")
    about = Image.Exif()
    about[ORIENTATION] = RIGHT_TURN
    about[TAKEN_BY] = "Ada Secret"
    out = BytesIO()
    picture.save(out, "JPEG", exif=about)
    return out.getvalue()


def make_noise(size: tuple[int, int]) -> bytes:
    """A picture that no encoder makes small."""
    out = BytesIO()
    Image.effect_noise(size, 100).convert("RGB").save(out, "PNG")
    return out.getvalue()


PNG = make_picture()
#: A picture as a form takes it.
PICTURE = NewUpload(
    input_name="photo",
    client_name="me.png",
    folder=UploadFolder.IMAGES,
    suffix=".png",
    media_type="image/png",
    content=PNG,
    max_bytes=len(PNG),
)
