"""Requests with pictures for models that cannot see."""

from dataclasses import replace

from mojodex.platform.llm.vocabulary import ModelRequest

#: What a model is told in the place of pictures.
UNSEEN_PICTURES = (
    "[The pictures could not be shown to you. You know only their file names: do not guess what is"
    " in them, and say in your answer that you could not see them.]"
)


def has_pictures(request: ModelRequest) -> bool:
    return any(message.images for message in request.messages)


def hide_pictures(request: ModelRequest) -> ModelRequest:
    """The same request in words alone."""
    messages = tuple(
        replace(message, text=f"{message.text}\n\n{UNSEEN_PICTURES}", images=())
        if message.images
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)
