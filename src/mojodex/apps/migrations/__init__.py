"""The history of the tables, and the one place that loads them all."""

import importlib
import pkgutil
from pathlib import Path

import mojodex.domains
import mojodex.platform

SCRIPTS = Path(__file__).parent
#: Modules that declare tables.
TABLE_MODULES = ("models", "tables")
#: Tables of the job queue; they enter by our revisions, and its own package describes them.
QUEUE_PREFIX = "procrastinate_"


def load_models() -> None:
    """Import every module that declares tables, so that the metadata is complete."""
    for floor in (mojodex.platform, mojodex.domains):
        for room in pkgutil.iter_modules(floor.__path__, f"{floor.__name__}."):
            for module in pkgutil.iter_modules(_paths(room), f"{room.name}."):
                if module.name.rpartition(".")[2] in TABLE_MODULES:
                    importlib.import_module(module.name)


def _paths(room: pkgutil.ModuleInfo) -> list[str]:
    return list(getattr(importlib.import_module(room.name), "__path__", []))
