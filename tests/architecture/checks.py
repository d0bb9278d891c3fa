"""Conventions of the code, as functions from a source tree to a list of offences.

They read files and never import them, so that the tests can run them on a broken copy.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 400
MAX_COMPONENT_LINES = 250
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
#: Names that readers of the ancestors look for.
KEPT_NAMES = {"HttpRouteManager"}
#: Lists of statements in order of time, which have no shorter form.
REVISIONS = ("apps", "migrations", "versions")
DOMAIN_FILES = {
    "__init__", "views", "errors", "events", "models", "store", "rules", "policy", "service",
    "jobs", "ports", "prompts", "README.md", "examples", "py.typed",
}  # fmt: skip


def modules(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Each Python module below `root/src/mojodex` with its syntax tree; the path is relative."""
    for path in sorted((root / "src" / "mojodex").rglob("*.py")):
        yield path.relative_to(root / "src" / "mojodex"), ast.parse(path.read_text())


def long_functions(root: Path) -> list[str]:
    """Functions of more lines than allowed, docstring not counted."""
    found = []
    for path, tree in modules(root):
        if path.parts[: len(REVISIONS)] == REVISIONS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = _body_lines(node)
                if lines > MAX_FUNCTION_LINES:
                    found.append(f"{path}:{node.name}: {lines} lines")
    return found


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def long_modules(root: Path) -> list[str]:
    """Python modules and web components of more lines than allowed."""
    found = []
    for path, _ in modules(root):
        if path.parts[: len(REVISIONS)] == REVISIONS:
            continue
        lines = len((root / "src" / "mojodex" / path).read_text().splitlines())
        if lines > MAX_MODULE_LINES:
            found.append(f"{path}: {lines} lines")
    for component in sorted((root / "web" / "src").rglob("*.tsx")):
        lines = len(component.read_text().splitlines())
        if lines > MAX_COMPONENT_LINES and ".test." not in component.name:
            found.append(f"{component.relative_to(root)}: {lines} lines")
    return found


def vague_names(root: Path) -> list[str]:
    """Modules and classes whose name says nothing."""
    found = []
    for path, tree in modules(root):
        if BANNED_NAMES & {part.removesuffix(".py") for part in path.parts}:
            found.append(str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in KEPT_NAMES:
                words = {word.lower() for word in re.findall(r"[A-Z][a-z]*", node.name)}
                if words & BANNED_NAMES:
                    found.append(f"{path}:{node.name}")
    return found


def stray_domain_files(root: Path) -> list[str]:
    """Files of a domain package that the house does not know."""
    found = []
    for domain in sorted((root / "src" / "mojodex" / "domains").iterdir()):
        if not domain.is_dir() or domain.name == "__pycache__":
            continue
        for path in sorted(domain.iterdir()):
            name = path.name.removesuffix(".py")
            if name not in DOMAIN_FILES and path.name != "__pycache__":
                found.append(f"{domain.name}/{path.name}")
    return found


def stray_commits(root: Path) -> list[str]:
    """Calls of `.commit()` or `.rollback()` outside `platform.db`."""
    return [
        f"{path}:{node.lineno}"
        for path, node in _calls(root)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
        and path.parts[:2] != ("platform", "db")
    ]


def evaluated_text(root: Path) -> list[str]:
    """Calls that turn text into code or start a shell."""
    found = []
    for path, node in _calls(root):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("eval", "exec", "compile", "__import__"):
            found.append(f"{path}:{node.lineno}: {name}")
        shell = [k for k in node.keywords if k.arg == "shell"]
        if any(not (isinstance(k.value, ast.Constant) and k.value.value is False) for k in shell):
            found.append(f"{path}:{node.lineno}: shell")
    return found


def _calls(root: Path) -> Iterator[tuple[Path, ast.Call]]:
    for path, tree in modules(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, node


def wall_clocks(root: Path) -> list[str]:
    """Readings of the wall clock outside `kit.clock`: code asks a clock it was given."""
    found = []
    for path, node in _calls(root):
        target = node.func
        if not isinstance(target, ast.Attribute) or path == Path("kit/clock.py"):
            continue
        owner = target.value.id if isinstance(target.value, ast.Name) else ""
        if (owner, target.attr) in {("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}:
            found.append(f"{path}:{node.lineno}")
    return found


def silenced_checks(root: Path) -> list[str]:
    """Comments that switch a checker off."""
    marks = re.compile(r"#\s*(type:\s*ignore|noqa|pragma:\s*no\s*cover|mypy:)")
    return [
        f"{path.relative_to(root)}:{number}"
        for path in sorted((root / "src").rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]


def missing_readmes(root: Path) -> list[str]:
    """Package directories of the second level without a README."""
    return [
        str(package.relative_to(root))
        for floor in ("platform", "domains", "faces")
        for package in sorted((root / "src" / "mojodex" / floor).iterdir())
        if package.is_dir()
        and (package / "__init__.py").exists()
        and not (package / "README.md").exists()
    ]


def loose_arguments(root: Path) -> list[str]:
    """Use cases that take more than `tx` (or `db`, `event`) and the caller by position."""
    surfaces = _surfaces(root)
    found = []
    for path, tree in modules(root):
        if path.parts[0] != "domains" or not _is_service(path):
            continue
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name in surfaces[path.parts[1]]:
                names = [a.arg for a in node.args.args]
                if not set(names) <= {"tx", "db", "event", "caller"}:
                    found.append(f"{path}:{node.name}({', '.join(names)})")
    return found


def _surfaces(root: Path) -> dict[str, set[str]]:
    """What each domain exports in `__all__`."""
    found: dict[str, set[str]] = {}
    for path, tree in modules(root):
        if path.parts[0] == "domains" and len(path.parts) == 3 and path.name == "__init__.py":
            lists = [
                node.value
                for node in tree.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            ]
            found[path.parts[1]] = {name for names in lists for name in ast.literal_eval(names)}
    return found


def _is_service(path: Path) -> bool:
    return len(path.parts) > 2 and path.parts[2].removesuffix(".py") == "service"


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    check.__name__: check
    for check in (
        long_functions,
        long_modules,
        vague_names,
        stray_domain_files,
        stray_commits,
        evaluated_text,
        wall_clocks,
        silenced_checks,
        missing_readmes,
        loose_arguments,
    )
}
