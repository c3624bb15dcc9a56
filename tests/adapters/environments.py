"""Virtual environments for tests: small ones, made in a moment, that see the pytest which runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PYTEST_HOME = str(Path(pytest.__file__).parent.parent)


@dataclass(frozen=True)
class MadeEnvironment:
    """A virtual environment: its folder, its interpreter and its site-packages."""

    prefix: Path
    python: str
    site: Path

    def install(self, name: str, files: dict[str, str], entry_points: str = "", version: str = "1.0") -> None:
        """Put `files` into site-packages as distribution `name`, with the metadata that an installer writes."""
        metadata = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText: none\n")
        (metadata / "RECORD").write_text("".join(f"{path},,\n" for path in files))
        if entry_points:
            (metadata / "entry_points.txt").write_text(entry_points)
        for path, text in files.items():
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(text)


def make_environment(prefix: Path, python: str = sys.executable, *, with_pytest: bool = True) -> MadeEnvironment:
    """A virtual environment at `prefix`, without pip."""
    subprocess.run([python, "-I", "-m", "venv", "--without-pip", str(prefix)], check=True)
    site = next((prefix / "lib").glob("python*/site-packages"))
    if with_pytest:
        (site / "pytest-home.pth").write_text(PYTEST_HOME + "\n")
    return MadeEnvironment(prefix, os.path.join(prefix, "bin", "python"), site)
