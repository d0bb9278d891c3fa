"""A picture of every page and state of the web app, in both sizes, both themes, both languages.

    python scripts/shots.py [directory]        (build/shots when none is named)

Starts a throw-away database and the product itself; the web app must have been built.
"""

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import structlog

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.form_tour import apply_by_file, files_tour  # noqa: E402
from tests.browser.french_tour import french_tour  # noqa: E402
from tests.browser.stage import (  # noqa: E402
    DESKTOP,
    PHONE,
    Scheme,
    Stage,
    open_browser,
    open_product,
    open_stage,
)
from tests.browser.staged import StagedModel  # noqa: E402
from tests.browser.tour import tour  # noqa: E402
from tests.postgres import TEMPLATE, clone, running_server  # noqa: E402
from tests.template import build_template  # noqa: E402

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Walk = Callable[[Stage, str], Iterator[str]]


def main() -> None:
    """Write the pictures and a page that shows them side by side."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "shots"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with running_server() as server:
        admin = server.url("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{TEMPLATE}"')
        asyncio.run(build_template(server.url(TEMPLATE)))
        for size in (DESKTOP, PHONE):
            for scheme in SCHEMES:
                for walk in (walk_english, walk_french):
                    with clone(admin) as pg_url:
                        take(pg_url, directory, size, scheme, walk)
    write_index(directory)
    print(f"{len(list(directory.glob('*.png')))} pictures in {directory}")


def take(pg_url: str, directory: Path, size: tuple[int, int], scheme: Scheme, walk: Walk) -> None:
    """Walk once, on a product of its own."""
    model = StagedModel()
    with (
        open_product(pg_url, model) as url,
        open_browser() as browser,
        open_stage(browser, url, model, size=size, scheme=scheme) as stage,
    ):
        for number, name in enumerate(walk(stage, pg_url), start=1):
            stage.settle()
            picture = directory / f"{size[0]}-{scheme}-{number:02}-{name}.png"
            stage.page.screenshot(path=picture)


def walk_english(stage: Stage, pg_url: str) -> Iterator[str]:
    """The tour, and then the form that takes files."""
    yield from tour(stage)
    apply_by_file(pg_url)
    yield from files_tour(stage)


def walk_french(stage: Stage, pg_url: str) -> Iterator[str]:
    """The main states again, in longer words."""
    yield from french_tour(stage)


def write_index(directory: Path) -> None:
    """All pictures on one page."""
    figures = "".join(
        f'<figure><img src="{path.name}" loading="lazy" alt=""><figcaption>{path.stem}</figcaption>'
        "</figure>"
        for path in sorted(directory.glob("*.png"))
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{width:390px}"
    (directory / "index.html").write_text(f"<style>{style}</style>{figures}")


if __name__ == "__main__":
    main()
