"""A picture of every page and state of the web app, in both sizes, both themes, both languages.

    python scripts/shots.py [directory] [--only TEXT]

The directory is build/shots when none is named. `--only 390-dark`, `--only french`: just the walks
whose name (like 1280-light-english) holds that text. Starts a throw-away database and the product
itself; the web app must have been built.
"""

import argparse
import asyncio
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import product
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
    asked = read_arguments()
    directory: Path = asked.directory
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with running_server() as server:
        admin = server.url("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{TEMPLATE}"')
        asyncio.run(build_template(server.url(TEMPLATE)))
        for size, scheme, (language, walk) in product((DESKTOP, PHONE), SCHEMES, WALKS.items()):
            if asked.only in f"{size[0]}-{scheme}-{language}":
                with clone(admin) as pg_url:
                    take(pg_url, directory, size, scheme, walk)
    write_index(directory)
    print(f"{len(list(directory.glob('*.png')))} pictures in {directory}")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A picture of every page and state.")
    parser.add_argument("directory", type=Path, nargs="?", default=ROOT / "build" / "shots")
    parser.add_argument("--only", default="", metavar="TEXT", help="walks whose name holds it")
    return parser.parse_args()


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


WALKS: dict[str, Walk] = {"english": walk_english, "french": walk_french}


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
