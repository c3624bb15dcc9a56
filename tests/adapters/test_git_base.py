"""The revision that a change is compared with, in real repositories, whole and not so whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.adapters.repositories import Work

from muster.adapters.disk_tree import DiskTree
from muster.adapters.git_base import GitBase
from muster.errors import UsageError
from muster.ports import EntryKind, ReadFailure


@contextmanager
def based(folder: Path, reference: str = "") -> Iterator[GitBase]:
    base = GitBase(str(folder), DiskTree(), reference)
    try:
        yield base
    finally:
        base.close()


def branched(folder: Path) -> tuple[Work, str]:
    """A repository whose branch `change` is one commit ahead of `main`, which has gone on as well."""
    work = Work(folder)
    work.write("test_a.py", "def test_a(): pass\n").write(".gitignore", "built.py\nbuild/\n")
    parted = work.commit("begin")
    work.git("checkout", "--quiet", "-b", "change")
    work.write("test_a.py", "def test_b(): pass\n").commit("change")
    work.git("checkout", "--quiet", "main")
    work.write("test_main.py", "def test_main(): pass\n").commit("main goes on")
    work.git("checkout", "--quiet", "change")
    return work, parted


@pytest.mark.parametrize(
    ("reference", "against"),
    [("", "the merge base with main"), ("main", "the merge base with main"), ("main~1", "main~1")],
)
def test_compared_is_where_the_branch_parted(tmp_path: Path, reference: str, against: str) -> None:
    work, parted = branched(tmp_path / "p")
    with based(work.folder, reference) as base:
        assert (base.name, base.against) == (parted, against)
        assert base.tree().read(work.path("test_a.py")) == b"def test_a(): pass\n"
        assert base.stamps(base.name)[work.path("test_a.py")] == base.stamp_of(b"def test_a(): pass\n")
        assert base.tree().kind(work.path("test_main.py")) is None
        assert [(each.commit.subject, each.paths) for each in base.commits()] == [
            ("change", frozenset({work.path("test_a.py")}))
        ]


def test_on_the_default_branch_it_is_the_parent_of_head_and_detached_it_is_the_same(tmp_path: Path) -> None:
    work, parted = branched(tmp_path / "p")
    work.git("checkout", "--quiet", "main")
    with based(work.folder) as base:
        assert (base.name, base.against) == (parted, "the parent of HEAD, which main has")
    work.git("checkout", "--quiet", "--detach", "change")
    with based(work.folder) as base:
        assert (base.name, base.against) == (parted, "the merge base with main")


def test_what_git_ignores_is_todays_and_what_it_does_not_know_is_not_there(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.write("built.py", "today = 1\n").write("build/inner.py", "").write("new.py", "")
    with based(work.folder) as base:
        tree = base.tree()
        assert tree.read(work.path("built.py")) == b"today = 1\n"
        assert tree.kind(work.path("build/inner.py")) is EntryKind.FILE
        assert tree.kind(work.path("new.py")) is None
        assert tree.kind(str(tmp_path)) is EntryKind.FOLDER
        assert sorted(tree.listing(str(work.folder))) == [".gitignore", "build", "built.py", "test_a.py"]


def test_a_project_that_is_reached_through_a_link_is_the_revisions_by_either_path(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    (tmp_path / "link").symlink_to(work.folder)
    with based(tmp_path / "link") as base:
        assert base.tree().read(f"{tmp_path}/link/test_a.py") == b"def test_a(): pass\n"
        assert base.tree().read(work.path("test_a.py")) == b"def test_a(): pass\n"
        assert base.tree().real_path(f"{tmp_path}/link/test_a.py") == work.path("test_a.py")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nonsense", "no such revision; git fetch origin nonsense"),
        ("origin/other", "git fetch origin other"),
        ("--upload-pack=x", "is no revision"),
    ],
)
def test_a_revision_that_is_not_there_says_what_to_fetch(tmp_path: Path, reference: str, words: str) -> None:
    work, _ = branched(tmp_path / "p")
    with pytest.raises(UsageError, match=words):
        GitBase(str(work.folder), DiskTree(), reference)


def test_without_git_or_commit_or_default_branch_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(UsageError, match="muster baseline record"):
        GitBase(str(tmp_path / "plain"), DiskTree())
    empty = Work(tmp_path / "empty")
    with pytest.raises(UsageError, match="no commit yet"):
        GitBase(str(empty.folder), DiskTree())
    work, _ = branched(tmp_path / "p")
    work.git("branch", "--move", "main", "trunk")
    with pytest.raises(UsageError, match="no default branch"):
        GitBase(str(work.folder), DiskTree())


def test_histories_without_a_common_commit_have_no_base(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.git("checkout", "--quiet", "--orphan", "other")
    work.commit("another beginning")
    with pytest.raises(UsageError, match="no commit in common"):
        GitBase(str(work.folder), DiskTree(), "main")


def test_a_shallow_clone_says_that_it_does_not_go_back_far_enough(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{work.folder}", str(tmp_path / "clone"))
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        GitBase(str(tmp_path / "clone"), DiskTree(), "origin/main")
    with pytest.raises(UsageError, match="the clone is shallow"):
        GitBase(str(tmp_path / "clone"), DiskTree(), "HEAD~1")


def test_a_partial_clone_says_which_content_is_missing_and_fetches_nothing(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    work.git("clone", "--quiet", "--filter=blob:none", f"file://{work.folder}", str(clone))
    with based(clone, "origin/main~1") as base:
        with pytest.raises(ReadFailure):
            base.tree().read(f"{clone}/test_a.py")
        with pytest.raises(UsageError, match=r"has not fetched test_a\.py; git fetch --refetch --no-filter origin"):
            base.complain()


def test_a_partial_clone_without_the_folders_of_the_base_is_no_empty_base(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    work.git("clone", "--quiet", "--filter=tree:0", f"file://{work.folder}", str(clone))
    with (
        pytest.raises(UsageError, match="git fetch --refetch --no-filter origin"),
        based(clone, "origin/main~1") as base,
    ):
        base.tree()


def test_a_pointer_of_git_lfs_is_what_it_points_to_or_an_error(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    contents = [b"def test_today(): pass\n", b"def test_stored(): pass\n", b"def test_elsewhere(): pass\n"]
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    for number, name in enumerate(names):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize 23\n"
        work.write(f"test_{number}.py", pointer)
    work.commit("lfs")
    work.path("test_0.py")
    (work.folder / "test_0.py").write_bytes(contents[0])
    store = work.folder / ".git/lfs/objects" / names[1][:2] / names[1][2:4]
    store.mkdir(parents=True)
    (store / names[1]).write_bytes(contents[1])
    with based(work.folder, "HEAD") as base:
        assert [base.tree().read(work.path(f"test_{number}.py")) for number in (0, 1)] == contents[:2]
        base.complain()
        with pytest.raises(ReadFailure):
            base.tree().read(work.path("test_2.py"))
        with pytest.raises(UsageError, match=r"git-lfs has not fetched test_2\.py; git lfs fetch origin"):
            base.complain()


def test_a_submodule_is_as_the_revision_names_it_or_an_error(tmp_path: Path) -> None:
    inner = Work(tmp_path / "inner")
    inner.write("test_inner.py", "def test_old(): pass\n").commit("old")
    work, _ = branched(tmp_path / "p")
    work.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.folder), "sub")
    work.commit("a submodule")
    inside = Work(work.folder / "sub")
    new = inside.write("test_inner.py", "def test_new(): pass\n").commit("new")
    with based(work.folder, "HEAD") as base:
        assert base.tree().read(work.path("sub/test_inner.py")) == b"def test_old(): pass\n"
        base.complain()
    work.git("update-index", "--cacheinfo", f"160000,{'1' * 40},sub")
    work.git("commit", "--quiet", "--message", "a commit that is nowhere")
    with based(work.folder, "HEAD") as base:
        base.tree()
        with pytest.raises(UsageError, match="git -C sub fetch origin 1111111111"):
            base.complain()
    assert inside.git("rev-parse", "HEAD") == new


def test_a_submodule_that_is_not_checked_out_is_noted(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    work.git("commit", "--quiet", "--message", "a submodule")
    (work.folder / "sub").mkdir()
    with based(work.folder, "HEAD") as base:
        base.complain()
        assert ["git submodule update --init" in note for note in base.notes()] == [True]


def test_a_sparse_checkout_is_compared_on_neither_side_and_refused_where_tests_would_be_missed(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    work.write("near/test_near.py", "").write("far/test_far.py", "").commit("two folders")
    work.git("sparse-checkout", "set", "near")
    with based(work.folder, "HEAD") as base:
        assert base.tree().kind(work.path("far/test_far.py")) is None
        assert base.tree().kind(work.path("near/test_near.py")) is EntryKind.FILE
        base.refuse_sparse([work.path("near")])
        with pytest.raises(UsageError, match=r"leaves out far/test_far\.py"):
            base.refuse_sparse([str(work.folder)])
        assert ["sparse" in note for note in base.notes()] == [True]


def test_nothing_that_the_repository_names_is_run(tmp_path: Path) -> None:
    work, _ = branched(tmp_path / "p")
    trap = tmp_path / "ran"
    for key in (
        "core.fsmonitor",
        "core.hooksPath",
        "filter.x.smudge",
        "filter.x.process",
        "core.sshCommand",
        "core.pager",
    ):
        work.git("config", key, f"touch {trap}")
    work.write(".gitattributes", "*.py filter=x\n")
    with based(work.folder) as base:
        base.tree().read(work.path("test_a.py"))
        base.commits()
    assert not trap.exists()
