"""Under which account PostgreSQL runs: it refuses root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from mojodex.platform.db.embedded.errors import DataDirectoryForeign, EmbeddedProgramsMissing

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Identity(TypedDict):
    """Arguments of `subprocess` that change the account of the new process."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who owns the cluster and runs its programs. `is_other`: not the account of this process."""

    uid: int
    gid: int
    is_other: bool

    def _identity(self) -> "Identity":
        if not self.is_other:
            return {"user": None, "group": None, "extra_groups": None}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def start(self, *command: str | Path, cwd: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a long program as this account, out of reach of the terminal's Ctrl-C."""
        return subprocess.Popen(
            [str(part) for part in command],
            **self._identity(),
            env=ENVIRONMENT,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(
        self, *command: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a short program to its end as this account; both outputs are in `stdout`."""
        try:
            return subprocess.run(
                [str(part) for part in command],
                **self._identity(),
                env=ENVIRONMENT,
                cwd=cwd or "/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            return subprocess.CompletedProcess([], 126, stdout=str(error).encode())

    def can_enter(self, directory: Path) -> bool:
        """Whether this account may pass through every directory on the way to this one."""
        return self.run("/bin/sh", "-c", 'cd "$0"', directory).returncode == 0

    def own(self, path: Path) -> None:
        """Give a file or an empty directory to this account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)


def account_for(cluster: Path) -> Account:
    """The account for this cluster: ours; as root, the cluster's owner, or at first `nobody`.

    Raises `DataDirectoryForeign` when the cluster belongs to somebody else and we are not root.
    """
    mine = os.geteuid()
    owner = cluster.stat() if cluster.is_dir() else None
    if mine != 0:
        if owner is not None and owner.st_uid != mine:
            raise DataDirectoryForeign(path=str(cluster), owner=_name(owner.st_uid))
        return Account(uid=mine, gid=os.getegid(), is_other=False)
    if owner is not None and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid, is_other=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedProgramsMissing(
            reason="PostgreSQL refuses to run as root, and there is no account named nobody"
        ) from error
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid, is_other=True)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
