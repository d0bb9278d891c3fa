"""`.env.example`, written from the classes."""

import textwrap

from mojodex.platform.settings.classes import rooms
from mojodex.platform.settings.fields import SettingInfo, info_of

HEAD = """\
# Settings of Mojodex. Copy this file to .env and change what you need; everything has a default.
# Variables of the environment win over this file. Written by scripts/env-example: do not edit.
"""
TAIL = """
# --- What docker-compose.yml reads besides; the server itself does not.

# Password of the database in its container. Allowed: any text. It is required there.
# POSTGRES_PASSWORD=

# Port on 127.0.0.1 under which the containers are reached.
# PUBLISHED_PORT=3000
"""


def render_example() -> str:
    """The text of `.env.example`: every setting, commented out, with its purpose and default."""
    parts = [HEAD]
    for kind in rooms().values():
        title = (kind.__doc__ or "").splitlines()[0]
        parts.append(f"\n# --- {title}\n")
        parts.extend(_render(info_of(field)) for field in kind.model_fields.values())
    return "".join([*parts, TAIL])


def _render(info: SettingInfo) -> str:
    lines = textwrap.wrap(f"{info.purpose} Allowed: {info.allowed}.", 97)
    if len(info.variables) > 1:
        lines.append(f"Also read from {', '.join(info.variables[1:])}.")
    text = "".join(f"# {line}\n" for line in lines)
    variable, default = info.variables[0], info.shown_default
    is_literal = bool(default) and " " not in default and default != "generated"
    if is_literal:
        return f"\n{text}# {variable}={default}\n"
    note = f"# Default: {default}\n" if default else ""
    return f"\n{text}{note}# {variable}=\n"
