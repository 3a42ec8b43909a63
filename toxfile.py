"""Lets all tox environments live in one folder, so that torch is installed once and not for each of them."""

from __future__ import annotations

import json

from tox.plugin import impl
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner
from tox.tox_env.register import ToxEnvRegister


class SharedRunner(VirtualEnvRunner):
    """A virtual environment that takes over what another environment of the same folder has installed."""

    @staticmethod
    def id() -> str:
        """Return the name that `runner =` refers to."""
        return "shared"

    def _setup_env(self) -> None:
        """Sign the folder with this environment's name first: tox recreates a folder signed by another."""
        record = self.env_dir / ".tox-info.json"
        if record.is_file():
            told = json.loads(record.read_text(encoding="utf-8"))
            told["ToxEnv"] = {"name": self.conf.name, "type": type(self).__name__}
            record.write_text(json.dumps(told), encoding="utf-8")
        super()._setup_env()


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Make the shared runner known."""
    register.add_run_env(SharedRunner)
