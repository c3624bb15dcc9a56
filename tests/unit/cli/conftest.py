"""A project on disk, and Muster's command line run in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from muster.cli.main import run

FILES = {
    "pyproject.toml": """\
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--import-mode=importlib"
pythonpath = ["."]

[tool.muster]
invocation = "python -m pytest"

[tool.muster.categories.good]
paths = ["tests/good"]
min_tests = 2

[tool.muster.categories.empty]
paths = ["tests/empty"]
min_tests = 1
""",
    "app/__init__.py": "",
    "app/core.py": "def add(a, b):\n    return a + b\n",
    "tests/bad/test_gone.py": "from app.core import subtract\n\n\ndef test_subtract():\n    assert subtract(2, 1) == 1\n",
    "tests/good/test_add.py": """\
import pytest
from app.core import add


def test_add():
    assert add(1, 1) == 2


@pytest.mark.parametrize("n", [1, 2])
def test_zero(n):
    assert add(n, 0) == n
""",
    "tests/empty/test_nothing.py": "",
}


@dataclass
class Ended:
    """What one command line left behind."""

    code: int
    out: str
    err: str


Muster = Callable[..., Ended]


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.fixture
def muster(
    project: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Muster:
    """Runs a command line in the project; the environment is that of the tests."""
    monkeypatch.chdir(project)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTEST_ADDOPTS", "NO_COLOR", "FORCE_COLOR", "MUSTER_TRACEBACK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(cache_folder))
    monkeypatch.setenv("COLUMNS", "100")

    def ended(*arguments: str) -> Ended:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return ended
