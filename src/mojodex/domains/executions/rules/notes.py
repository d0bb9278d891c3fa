"""What a person is told beside an answer, in the languages that we speak."""

from collections.abc import Mapping
from enum import StrEnum

from mojodex.domains.catalog import choose_language


class Note(StrEnum):
    """Something the assistant cannot be trusted to say itself."""

    PICTURES_HIDDEN = "pictures_hidden"
    PICTURES_LEFT_OUT = "pictures_left_out"


WORDS: Mapping[Note, Mapping[str, str]] = {
    Note.PICTURES_HIDDEN: {
        "en": "The model in use cannot see pictures: this answer was written without them. It knew"
        " only their names.",
        "fr": "Le modèle utilisé ne voit pas les images : cette réponse a été écrite sans elles."
        " Il n’en connaissait que les noms.",
        "es": "El modelo en uso no puede ver imágenes: esta respuesta se escribió sin ellas. Solo"
        " conocía sus nombres.",
    },
    Note.PICTURES_LEFT_OUT: {
        "en": "Some of your pictures could not be shown to the model: {names}.",
        "fr": "Certaines de vos images n’ont pas pu être montrées au modèle : {names}.",
        "es": "Algunas de sus imágenes no se pudieron mostrar al modelo: {names}.",
    },
}


def render_note(note: Note, language: str, names: str = "") -> str:
    """The words of a note; `names` are of files."""
    words = WORDS[note]
    return words[choose_language(words, language)].format(names=names)
