"""A project, and a distribution to install in whose place of Muster: its command is the Muster of these tests."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOUND = {
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\npythonpath = ["."]\n',
    "app.py": "def add(a, b):\n    return a + b\n",
    "tests/test_add.py": "from app import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n",
}
BROKEN = {
    **SOUND,
    "tests/test_gone.py": "from app import subtract\n\n\ndef test_subtract():\n    assert subtract(2, 1) == 1\n",
}
LOSING = {**SOUND, "tests/test_add.py": SOUND["tests/test_add.py"].replace("def test_add", "def check_add")}
HOSTILE = {
    **SOUND,
    "tests/test_;touch owned;.py": "raise ValueError('::add-mask::e ##[add-path]/evil')\n",
    "tests/test_##[set-env name=PATH]evil.py": "raise ValueError('::stop-commands::x')\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The project `files` in `folder`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def clean_environment(folder: Path) -> dict[str, str]:
    """The variables of a job that has nothing but programs."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    for name in ("python", "python3", "python3.13", "python3.12", "python3.11"):  # what setup-python puts on PATH
        if not (bin_ / name).exists():
            (bin_ / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            (bin_ / name).chmod(0o755)
    quiet = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "HOME": str(folder), "MUSTER_CACHE_DIR": str(folder / "cache")}
    return {**kept, **quiet, "PATH": f"{bin_}{os.pathsep}{kept['PATH']}"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with one script, `muster`, which runs the Muster that is tested."""
    path = tmp_path_factory.mktemp("wheel") / "pytest_muster-0-py3-none-any.whl"
    info = "pytest_muster-0.dist-info"
    files = {
        "pytest_muster-0.data/scripts/muster": f'#!/bin/sh\nexec "{sys.executable}" -m muster "$@"\n',
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pytest-muster\nVersion: 0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16  # a regular file that may be run
            archive.writestr(entry, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
