"""Fixes written into a project: all files or none, only over what was analysed, and taken back byte for byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.adapters.project_files import NotApplied, ProjectFiles
from muster.fixes.imports import Move, rewrite_imports
from muster.fixes.source import read_source
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


def test_the_folders_that_apply_made_go_with_the_undo(project: Path) -> None:
    (project / "old").mkdir()
    wanted = [
        FileChange(str(project / path), None, b"x")
        for path in ("one/two/three.py", "one/four.py", "old/five.py", "six/seven.py")
    ]
    files = ProjectFiles(str(project))
    files.apply(wanted)
    (project / "one/two/__pycache__").mkdir()
    (project / "one/two/__pycache__/three.cpython-313.pyc").write_bytes(b"x")
    (project / "six/mine.txt").write_bytes(b"x")
    files.undo()
    assert not (project / "one").exists()
    assert (project / "old").is_dir()
    assert os.listdir(project / "six") == ["mine.txt"]


def test_a_failure_leaves_no_folder_behind(project: Path) -> None:
    wanted = [FileChange(str(project / "one/two.py"), None, b"x"), FileChange(str(project / "z.py"), None, "no bytes")]  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ProjectFiles(str(project)).apply(wanted)
    assert not (project / "one").exists()


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


WORDS = {"utf-8": "é", "latin-1": "é", "shift_jis": "カ"}


@settings(max_examples=40, deadline=None)
@given(
    encoding=st.sampled_from(sorted(WORDS)), newline=st.sampled_from(["\n", "\r\n", "\r"]), bom=st.booleans(), tab=st.booleans(),
    last=st.booleans(), trouble=st.sampled_from(["", "edited", "gone", "read-only", "link", "link outside", "folder"]),
)  # fmt: skip
def test_a_rewritten_file_is_whole_or_untouched(
    encoding: str, newline: str, bom: bool, tab: bool, last: bool, trouble: str
) -> None:
    """From the bytes on the disk to the bytes on the disk: what an import is not stays, and trouble leaves all as it was."""
    lines = [
        f"# coding: {encoding}",
        f"s = '{WORDS[encoding]}'",
        "if s:",
        ("\t" if tab else "    ") + "from a.b import C",
    ]
    mark = b"\xef\xbb\xbf" if bom and encoding == "utf-8" else b""
    content = mark + (newline.join(lines) + newline * last).encode(encoding)
    source = read_source(content)
    assert source is not None
    text = rewrite_imports(source.text, Move("a.b", "x.y"), "")
    after = source.encode(text) if text is not None else None
    if newline == "\r":
        assert after in (None, content.replace(b"a.b", b"x.y"))
        return
    assert after == content.replace(b"a.b", b"x.y")
    with TemporaryDirectory() as folder:
        root = Path(folder, "project")
        root.mkdir()
        other, path = root / "other.py", root / "test_a.py"
        other.write_bytes(content)
        path.write_bytes(content)
        make_trouble(trouble, path, Path(folder))
        before = tree(root)
        wanted = [FileChange(str(each), content, after) for each in (other, path)]
        files = ProjectFiles(str(root))
        if trouble not in ("", "link"):
            with pytest.raises(NotApplied):
                files.apply(wanted)
        else:
            files.apply(wanted)
            assert (other.read_bytes(), path.read_bytes()) == (after, after)
            files.undo()
        assert tree(root) == before


def make_trouble(trouble: str, path: Path, outside: Path) -> None:
    """What may become of a file between the analysis and the writing."""
    content = path.read_bytes()
    match trouble:
        case "edited":
            path.write_bytes(content + b"# mine")
        case "read-only":
            path.chmod(0o444)
        case "gone" | "folder" | "link" | "link outside":
            path.unlink()
    if trouble == "folder":
        path.mkdir()
    elif trouble.startswith("link"):
        target = (outside if trouble == "link outside" else path.parent) / "target.py"
        target.write_bytes(content)
        path.symlink_to(target)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"files": [1]}', b'{"files": [{"path": "2e2e", "before": null}]}'])
def test_a_record_that_is_not_ours_is_refused(project: Path, content: bytes) -> None:
    (project / ".muster/undo").mkdir(parents=True)
    (project / ".muster/undo/000001.json").write_bytes(content)
    with pytest.raises(NotApplied, match="no record of ours"):
        ProjectFiles(str(project)).undo()


def test_a_record_whose_folder_leads_outside_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (project / ".muster/undo").mkdir(parents=True)
    (project / ".muster/undo/000001.json").write_text(f'{{"files": [], "folders": ["{b"../outside".hex()}"]}}')
    with pytest.raises(NotApplied, match="lies outside"):
        ProjectFiles(str(project)).undo()
    assert (tmp_path / "outside").is_dir()


def test_a_record_that_leads_outside_is_refused(project: Path, tmp_path: Path) -> None:
    path = b"../outside".hex()
    (project / ".muster/undo").mkdir(parents=True)
    (project / ".muster/undo/000001.json").write_text(
        f'{{"files": [{{"path": "{path}", "mode": null, "before": "eA==", "after": null}}]}}'
    )
    with pytest.raises(NotApplied, match="lies outside"):
        ProjectFiles(str(project)).undo()
    assert not (tmp_path / "outside").exists()
