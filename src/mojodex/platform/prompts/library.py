"""All installed prompts: found in their packages, looked up by label."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from mojodex.platform.llm import OutputContract
from mojodex.platform.prompts.errors import PromptInvalid, PromptNotFound
from mojodex.platform.prompts.mpt import MPT
from mojodex.platform.prompts.source import (
    DIRECTORY,
    SUFFIX,
    PromptSource,
    load_source,
    read_source,
)

#: Packages whose subpackages hold prompts.
ROOT = "mojodex.domains"
_NESTED = "mpt"


class PromptLibrary:
    """The prompts of all packages below `root`. Labels are unique."""

    def __init__(self, sources: Mapping[str, PromptSource]) -> None:
        self._sources = sources

    @classmethod
    def scan(cls, root: str = ROOT) -> "PromptLibrary":
        """Read every prompt. Raises `PromptInvalid` for a broken file or a label used twice."""
        sources: dict[str, PromptSource] = {}
        for directory, package in _packages(files(root), root):
            for source in _sources_of(directory, package):
                other = sources.setdefault(source.label, source)
                if other is not source:
                    reason = f"{other.place} has the same label"
                    raise PromptInvalid(prompt=source.place, reason=reason)
        return cls(sources)

    def __iter__(self) -> Iterator[PromptSource]:
        return iter(self._sources.values())

    def __len__(self) -> int:
        return len(self._sources)

    def find_contract(self, label: str) -> OutputContract | None:
        """The form of the answers to a prompt, or None when there is no such prompt."""
        source = self._sources.get(label)
        return source.contract if source is not None else None

    def build_sample(self, label: str) -> MPT:
        """The prompt with the sample variables of its file, nested prompts with theirs.

        Raises `PromptNotFound` and `PromptInvalid`.
        """
        source = self._sources.get(label)
        if source is None:
            raise PromptNotFound(prompt=label)
        return _build_sample(source)


def _build_sample(source: PromptSource) -> MPT:
    variables = {name: _build_nested(value, source) for name, value in source.facts.sample.items()}
    return MPT(source.package, source.name, forced_model=None, **variables)


def _build_nested(value: object, outer: PromptSource) -> object:
    if not isinstance(value, dict) or set(value) != {_NESTED}:
        return value
    package, _, name = str(value[_NESTED]).partition(":")
    if not name:
        reason = f'sample: write "package:file.mpt", not {package!r}'
        raise PromptInvalid(prompt=outer.place, reason=reason)
    return _build_sample(load_source(package, name))


def _packages(directory: Traversable, package: str) -> Iterator[tuple[Traversable, str]]:
    # Directories are walked, not modules: importing every domain takes a second.
    yield directory, package
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and (entry / "__init__.py").is_file():
            yield from _packages(entry, f"{package}.{entry.name}")


def _sources_of(directory: Traversable, package: str) -> Iterator[PromptSource]:
    shelf = directory / DIRECTORY
    if shelf.is_dir():
        for name in sorted(entry.name for entry in shelf.iterdir()):
            if name.endswith(SUFFIX):
                yield read_source(shelf, package, name)
