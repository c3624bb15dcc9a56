"""The diff of fixes: git applies it, and what then lies there is what the fixes say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from muster.fixes.diff import unified_diff
from muster.model.fix import FileChange

pytestmark = [pytest.mark.oracle]

CHANGES = {
    "plain.py": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "pkg/__init__.py": (None, b""),
    "gone/__init__.py": (b"", None),
    "deep/new file.py": (None, b"x = 1\n"),
    "removed.py": (b"x = 1", None),
    "end.py": (b"x = 1", b"x = 2"),
    "crlf.py": (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    "latin.py": ("# coding: utf-8\ns = 'é'\n".encode(), "# coding: utf-8\ns = 'ü'\n".encode()),
    "quote\".py": (b"1\n", b"2\n"),
    "tab\tline\n--- a/x.py": (None, b"3\n"),
    "ünïcode.py": (b"1\n", b"2\n"),
    os.fsdecode(b"byte\xff.py"): (b"1\n", b"2\n"),
}  # fmt: skip


def test_git_applies_what_is_shown(tmp_path: Path) -> None:
    for name, (before, _) in CHANGES.items():
        if before is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(before)
    patch = unified_diff([FileChange(str(tmp_path / name), *each) for name, each in CHANGES.items()], str(tmp_path))
    data = patch.encode("utf-8", "surrogateescape")
    for command in (["init", "-q"], ["apply", "--whitespace=nowarn", "-"]):
        subprocess.run(["git", *command], cwd=tmp_path, input=data, check=True, capture_output=True)
    for name, (_, after) in CHANGES.items():
        path = tmp_path / name
        assert (path.read_bytes() if path.exists() else None) == after, name
