"""Build hook: the wheel carries the built web app as `mojodex/_web`."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAppHook(BuildHookInterface[Any]):
    """Builds `web` for a wheel. An editable installation serves `web/dist` from its place."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        web = Path(self.root) / "web"
        dist = web / "dist"
        if not (dist / "index.html").is_file():
            npm = shutil.which("npm")
            if npm is None:
                raise RuntimeError("building a wheel needs npm, or a built web/dist")
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=web, check=True)
            subprocess.run([npm, "run", "build"], cwd=web, check=True)
        build_data["force_include"][str(dist)] = "mojodex/_web"
