"""Fixes written into a project: all files or none, only over what was analysed, and taken back byte for byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from muster.adapters.project_files import NotApplied, ProjectFiles
from muster.model.fix import FileChange


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".muster" not in path.parts
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_bytes(b"a = 1\r\n")
    (root / "b.py").write_bytes(b"b = 1")
    (root / "gone.py").write_bytes(b"\xff")
    os.chmod(root / "b.py", 0o755)
    return root


def changes(root: Path) -> list[FileChange]:
    return [
        FileChange(str(root / "a.py"), b"a = 1\r\n", b"a = 2\r\n"),
        FileChange(str(root / "b.py"), b"b = 1", b"b = 2"),
        FileChange(str(root / "new/c.py"), None, b"c = 1\n"),
        FileChange(str(root / "gone.py"), b"\xff", None),
    ]


def test_all_is_written_and_taken_back(project: Path) -> None:
    before = tree(project)
    files = ProjectFiles(str(project))
    files.apply(changes(project))
    assert tree(project) == {"a.py": b"a = 2\r\n", "b.py": b"b = 2", "new/c.py": b"c = 1\n"}
    assert stat.S_IMODE((project / "b.py").stat().st_mode) == 0o755
    assert (project / ".muster/.gitignore").read_bytes() == b"*\n"
    assert set(files.undo()) == {"a.py", "b.py", "new/c.py", "gone.py"}
    assert tree(project) == before
    with pytest.raises(NotApplied, match="nothing to undo"):
        files.undo()


def test_the_last_apply_is_undone_first(project: Path) -> None:
    files = ProjectFiles(str(project))
    for number in range(1, 4):
        files.apply([FileChange(str(project / "b.py"), b"b = %d" % number, b"b = %d" % (number + 1))])
    for number in (3, 2, 1):
        files.undo()
        assert (project / "b.py").read_bytes() == b"b = %d" % number


def test_a_file_edited_meanwhile_is_left_alone_and_so_are_all_others(project: Path) -> None:
    wanted = changes(project)
    (project / "b.py").write_bytes(b"mine")
    before = tree(project)
    with pytest.raises(NotApplied, match=r"b\.py changed since it was analysed"):
        ProjectFiles(str(project)).apply(wanted)
    assert tree(project) == before


def test_a_new_file_that_is_there_meanwhile_is_left_alone(project: Path) -> None:
    wanted = changes(project)
    (project / "new").mkdir()
    (project / "new/c.py").write_bytes(b"mine")
    before = tree(project)
    with pytest.raises(NotApplied, match=r"new/c\.py changed since"):
        ProjectFiles(str(project)).apply(wanted)
    assert tree(project) == before


def test_a_read_only_file_is_refused(project: Path) -> None:
    os.chmod(project / "b.py", 0o444)
    before = tree(project)
    with pytest.raises(NotApplied, match=r"b\.py is read-only"):
        ProjectFiles(str(project)).apply(changes(project))
    assert tree(project) == before


def test_a_failure_in_the_middle_takes_back_what_was_written(project: Path) -> None:
    before = tree(project)
    wanted = [*changes(project), FileChange(str(project / "z.py"), None, "no bytes")]  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ProjectFiles(str(project)).apply(wanted)
    assert tree(project) == before
    with pytest.raises(NotApplied, match="nothing to undo"):
        ProjectFiles(str(project)).undo()


def test_a_folder_that_is_a_file_is_no_place_for_a_new_one(project: Path) -> None:
    (project / "new").write_bytes(b"a file")
    before = tree(project)
    with pytest.raises(NotApplied, match="cannot be read"):
        ProjectFiles(str(project)).apply(changes(project))
    assert tree(project) == before


def test_nothing_outside_is_written(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(b"x")
    (project / "link.py").symlink_to(outside)
    (project / "folder").symlink_to(tmp_path)
    for path in ("link.py", "folder/outside.py", "../outside.py"):
        with pytest.raises(NotApplied, match="lies outside the project"):
            ProjectFiles(str(project)).apply([FileChange(str(project / path), b"x", b"y")])
    with pytest.raises(NotApplied, match="not the project's own"):
        ProjectFiles(str(project)).apply([FileChange(str(project / ".git/config"), None, b"y")])
    assert outside.read_bytes() == b"x"


def test_a_symlink_inside_stays_one_and_its_target_changes(project: Path) -> None:
    (project / "link.py").symlink_to("b.py")
    ProjectFiles(str(project)).apply([FileChange(str(project / "link.py"), b"b = 1", b"b = 2")])
    assert (project / "link.py").is_symlink()
    assert (project / "b.py").read_bytes() == b"b = 2"


def test_what_was_edited_after_the_apply_is_not_undone(project: Path) -> None:
    files = ProjectFiles(str(project))
    files.apply(changes(project))
    (project / "a.py").write_bytes(b"mine")
    before = tree(project)
    with pytest.raises(NotApplied, match=r"a\.py was changed after"):
        files.undo()
    assert tree(project) == before


def test_a_crash_in_the_middle_can_be_undone(project: Path) -> None:
    """The record is there before the first file: undo restores those that were written and passes over the others."""
    before = tree(project)
    files = ProjectFiles(str(project))
    files.apply(changes(project))
    (project / "b.py").write_bytes(b"b = 1")  # as if it had never been reached
    (project / "new/c.py").unlink()
    files.undo()
    assert tree(project) == before


@pytest.mark.parametrize("content", [b"", b"[]", b'{"files": [1]}', b'{"files": [{"path": "2e2e", "before": null}]}'])
def test_a_record_that_is_not_ours_is_refused(project: Path, content: bytes) -> None:
    (project / ".muster/undo").mkdir(parents=True)
    (project / ".muster/undo/000001.json").write_bytes(content)
    with pytest.raises(NotApplied, match="no record of ours"):
        ProjectFiles(str(project)).undo()


def test_a_record_that_leads_outside_is_refused(project: Path, tmp_path: Path) -> None:
    path = b"../outside".hex()
    (project / ".muster/undo").mkdir(parents=True)
    (project / ".muster/undo/000001.json").write_text(
        f'{{"files": [{{"path": "{path}", "mode": null, "before": "eA==", "after": null}}]}}'
    )
    with pytest.raises(NotApplied, match="lies outside"):
        ProjectFiles(str(project)).undo()
    assert not (tmp_path / "outside").exists()
