"""The icons of the installed app, drawn from web/public/icon.svg.

    python scripts/icons.py

Run it after a change of the sign; the pictures are committed.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.stage import open_browser  # noqa: E402

PUBLIC = ROOT / "web" / "public"
#: Name, size in px, share of the sign in the picture. Systems cut maskable icons to their shapes.
ICONS = (
    ("icon-192.png", 192, 1.0),
    ("icon-512.png", 512, 1.0),
    ("icon-maskable-512.png", 512, 0.72),
    ("apple-touch-icon.png", 180, 0.8),
)
GROUND = "#4f46e5"


def main() -> None:
    """Write each icon."""
    svg = (PUBLIC / "icon.svg").read_text()
    with open_browser() as browser:
        for name, size, share in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            inset = size * (1 - share) / 2
            ground = "transparent" if share == 1 else GROUND
            page.set_content(
                f"<style>html{{background:{ground}}}body{{margin:{inset}px}}"
                f"svg{{display:block;width:{size * share}px;height:{size * share}px}}</style>{svg}"
            )
            page.screenshot(path=PUBLIC / name, omit_background=True)
            page.close()


if __name__ == "__main__":
    main()
