"""Files that people give to the form of an execution."""

from mojodex.faces.v1.wire.base import Id, Instant, WireOut


class UploadOut(WireOut):
    """A file as it is kept. `media_type` is what is in it, `name` what its owner calls it.

    `is_used`: a run rests on it, so it cannot be taken back. An unused one is kept for a week.
    """

    id: Id
    input_name: str
    name: str
    media_type: str
    size_bytes: int
    created_at: Instant
    is_used: bool
