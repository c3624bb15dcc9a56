"""The copy that `--confirm` collects in: it is the copy that is imported, or nothing is confirmed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from muster.adapters.project_copy import CopiedProject
from muster.errors import MusterError
from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.fix import FileChange


@dataclass
class Seen:
    """What a real pytest would have been given, and what lay there then."""

    variables: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def observe(self, variables: Mapping[str, str]) -> Seen:
        self.variables = variables
        return self

    def collect(self, argv: Sequence[str], cwd: str) -> Collection:
        self.words = argv
        self.files = {str(each.relative_to(cwd)): each.read_bytes() for each in Path(cwd).rglob("*") if each.is_file()}
        entries = self.variables.get("PYTHONPATH", "").split(os.pathsep)
        self.path = [os.path.relpath(each, cwd) if each.startswith(cwd) else each for each in entries]
        return Collection()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("src/shop/__init__.py", "src/shop/a.py", ".venv/pyvenv.cfg", ".venv/lib/x.py", ".git/config"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"1")
    return root


def copied(project: Path, seen: Seen, environ: Mapping[str, str] | None = None, **known: object) -> CopiedProject:
    environment = Environment("python", "test", (3, 13, 0), **known)  # type: ignore[arg-type]  # because they are chosen by name
    return CopiedProject(str(project), environment, environ or {}, seen.observe)


def test_the_copy_holds_the_fix_and_no_environment(project: Path) -> None:
    seen = Seen()
    changes = [FileChange(f"{project}/src/shop/a.py", b"1", b"2"), FileChange(f"{project}/new/b.py", None, b"3")]
    copied(project, seen).collect(changes, ["pytest", f"{project}/src"], str(project))
    assert seen.files == {"src/shop/__init__.py": b"1", "src/shop/a.py": b"2", "new/b.py": b"3"}
    assert seen.words[1].endswith("/project/src")
    assert str(project) not in seen.words[1]
    assert "PYTHONPATH" not in seen.variables
    assert (project / "src/shop/a.py").read_bytes() == b"1"


def test_what_an_editable_install_imports_is_the_copy(project: Path) -> None:
    source = f"{project}/src"
    ways: list[dict[str, object]] = [
        {"search_path": (source, f"{project}/.venv/lib", "/usr/lib")},
        {"editable_finders": {"shop": f"{source}/shop", "other": "/elsewhere/other"}},
    ]
    for known in ways:
        seen = Seen()
        copy = copied(project, seen, {"PYTHONPATH": "/other"}, **known)
        copy.collect([FileChange(f"{source}/shop/a.py", b"1", b"2")], ["pytest"], str(project))
        assert seen.path == ["src", "/other"]
        with pytest.raises(MusterError, match="editable install"):
            copy.collect([FileChange(f"{source}/shop/a.py", b"1", None)], ["pytest"], str(project))


def test_the_users_own_path_is_the_copys(project: Path) -> None:
    seen = Seen()
    copy = copied(project, seen, {"PYTHONPATH": f"{project}/src"}, search_path=(f"{project}/src",))
    copy.collect([FileChange(f"{project}/src/shop/a.py", b"1", None)], ["pytest"], str(project))
    assert seen.path == ["src"]


def test_an_install_under_another_name_is_refused(project: Path) -> None:
    copy = copied(project, Seen(), editable_finders={"store": f"{project}/src/shop"})
    with pytest.raises(MusterError, match="calls"):
        copy.collect([], ["pytest"], str(project))
