"""Real sessions of pytest in which Muster's plugin is installed: by an entry point, as pip installs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.oracle import base_environ

SOURCE = Path(__file__).parents[2] / "src"
_METADATA = "Metadata-Version: 2.1\nName: pytest-muster\nVersion: 0.1.0\n"
_ENTRY_POINTS = "[pytest11]\nmuster = muster.plugin\n"


@dataclass(frozen=True)
class Session:
    """What one session left behind."""

    code: int
    out: str

    @property
    def ended(self) -> str:
        """Its closing line, without the seconds."""
        return re.sub(r" in [\d.]+s.*", "", self.out.strip().splitlines()[-1]).strip("= ")


RunPytest = Callable[..., Session]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the search path that holds the metadata of an installed pytest-muster."""
    folder = tmp_path_factory.mktemp("site") / "pytest_muster-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(_METADATA)
    (folder / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder.parent


@pytest.fixture(scope="session")
def plugin_environ(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which pytest finds our entry point; of all others it loads only those that `-p` names."""
    return {
        **base_environ(),
        "MUSTER_HISTORY": "off",
        "PYTHONPATH": os.pathsep.join([str(installed), str(SOURCE)]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MUSTER_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "COLUMNS": "100",
    }


@pytest.fixture
def run_pytest(tmp_path: Path, plugin_environ: Mapping[str, str]) -> RunPytest:
    """Runs `python -m pytest -p muster WORDS` in the project."""

    def run(*words: str, plugins: tuple[str, ...] = ("muster",), **variables: str) -> Session:
        loaded = [word for name in plugins for word in ("-p", name)]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *loaded, *words]
        environ = {**plugin_environ, **variables}
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False
        )
        return Session(done.returncode, done.stdout + done.stderr)

    return run
