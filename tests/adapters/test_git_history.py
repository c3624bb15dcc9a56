"""What a real repository's history tells of what is missing, and that asking it springs no trap."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.adapters.repositories import Work

from muster.adapters.fact_cache import NullFactCache
from muster.adapters.git_history import GitHistory
from muster.adapters.git_objects import Repository
from muster.model.history import Chronicle, Fault, HistoryQuestions

TOKENS = (
    "import base64\n\n\ndef issue(user):\n    return base64.b64encode(user)\n\n\ndef verify(token):\n    return token\n"
)
LONG_S = 60.0


def ask(work: Work, *paths: str, names: tuple[tuple[str, str], ...] = (), budget_s: float = LONG_S) -> Chronicle:
    questions = HistoryQuestions(
        tuple(work.path(path) for path in paths), tuple((work.path(path), name) for path, name in names)
    )
    return GitHistory(str(work.folder)).ask(questions, budget_s)


def steps(work: Work, chronicle: Chronicle, path: str) -> list[tuple[str, str, str, str]]:
    """Each step as: what, from where, to where, by which subject."""
    trace = chronicle.paths.get(work.path(path))
    prefix = f"{work.folder}/"
    return [
        (each.kind, each.path.removeprefix(prefix), each.to.removeprefix(prefix), each.commit.subject)
        for each in (trace.steps if trace else ())
    ]


def test_a_renamed_file_is_found_with_the_commit_that_renamed_it(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("chat/tokens.py", TOKENS).commit("begin")
    sha = work.move("chat/tokens.py", "chat/security/tokens.py").commit("move the tokens")
    told = ask(work, "chat/tokens.py")
    assert told.is_whole
    (step,) = told.paths[work.path("chat/tokens.py")].steps
    assert (step.kind, step.to, step.likeness) == ("renamed", work.path("chat/security/tokens.py"), 100)
    assert (step.commit.sha, step.commit.author, step.commit.date, step.commit.subject) == (
        sha, "Ada", "2024-01-03T12:00:00+00:00", "move the tokens"
    )  # fmt: skip


def test_a_chain_of_renames_is_followed_to_its_end(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    work.move("a.py", "b.py").commit("first")
    work.write("other.py", "x = 1\n").commit("between")
    work.move("b.py", "pkg/c.py").commit("second")
    told = ask(work, "a.py")
    assert steps(work, told, "a.py") == [
        ("renamed", "a.py", "b.py", "first"),
        ("renamed", "b.py", "pkg/c.py", "second"),
    ]


def test_a_chain_that_ends_in_a_deletion_says_so(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    work.move("a.py", "b.py").commit("first")
    work.delete("b.py").commit("drop it")
    told = ask(work, "a.py")
    assert [each[0] for each in steps(work, told, "a.py")] == ["renamed", "deleted"]
    assert told.paths[work.path("a.py")].end == ""
    assert told.paths[work.path("a.py")].source == TOKENS.encode()


@pytest.mark.parametrize("order", ["same", "next", "before"])
def test_a_move_that_git_does_not_call_a_rename_is_known_by_its_names(tmp_path: Path, order: str) -> None:
    """Deleted here, the same top-level names added there: in one commit, in the next, or in the one before."""
    work = Work(tmp_path)
    work.write("chat/tokens.py", TOKENS).write("chat/users.py", "def user():\n    return 1\n" * 20).commit("begin")
    merged = (
        "def user():\n    return 1\n" * 20
        + "\n\n"
        + "class Codec:\n    pass\n\n\n" * 9
        + TOKENS.replace("base64", "codec")
    )
    if order == "same":
        work.delete("chat/tokens.py").write("chat/users.py", merged).commit("merge")
    elif order == "next":
        work.delete("chat/tokens.py").commit("delete")
        work.write("chat/users.py", merged).commit("merge")
    else:
        work.write("chat/users.py", merged).commit("merge")
        work.delete("chat/tokens.py").commit("delete")
    work.write("later.py", "x = 1\n").commit("later")
    told = ask(work, "chat/tokens.py")
    ((kind, _, target, _),) = steps(work, told, "chat/tokens.py")
    assert (kind, target) == ("moved", "chat/users.py")


def test_a_module_follows_its_renamed_folder(tmp_path: Path) -> None:
    """An empty `__init__.py` is like any other: only its neighbours tell where it went."""
    work = Work(tmp_path)
    work.write("old/__init__.py", "").write("old/a.py", TOKENS).write("old/b.py", TOKENS + "x = 1\n").commit("begin")
    work.move("old", "new/name").commit("rename the package")
    told = ask(work, "old/__init__.py")
    assert steps(work, told, "old/__init__.py") == [
        ("renamed", "old/__init__.py", "new/name/__init__.py", "rename the package")
    ]


def test_what_never_existed_has_no_trace(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    told = ask(work, "nothing.py", names=(("a.py", "revoke"),))
    assert (told.is_whole, told.paths, told.names) == (True, {}, {})


def test_a_file_that_a_merge_dropped_is_found_by_its_name(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", "x = 1\n").commit("begin")
    work.git("checkout", "--quiet", "-b", "side")
    work.write("side.py", TOKENS).commit("add on the side")
    work.git("checkout", "--quiet", "main")
    work.write("a.py", "x = 2\n").commit("go on")
    work.git("merge", "--quiet", "--strategy=ours", "--no-edit", "--message", "keep ours", "side")
    told = ask(work, "side.py")
    assert steps(work, told, "side.py") == [("deleted", "side.py", "", "keep ours")]


def test_a_deletion_that_is_not_committed_is_named_as_such(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    work.delete("a.py")
    told = ask(work, "a.py")
    assert steps(work, told, "a.py") == [("deleted", "a.py", "", "a change that is not committed")]
    assert told.paths[work.path("a.py")].source == TOKENS.encode()


def test_a_renamed_name_is_known_by_its_unchanged_definition(tmp_path: Path) -> None:
    work = Work(tmp_path)
    before = "class Manager:\n    def __init__(self):\n        self.open = {}\n\n    def make(self) -> 'Manager':\n        return self\n"
    work.write("live.py", before).commit("begin")
    work.write("live.py", before.replace("Manager", "Connections") + "\n\nclass Other:\n    x = 1\n").commit(
        "rename it"
    )
    told = ask(work, names=(("live.py", "Manager"),))
    trace = told.names[(work.path("live.py"), "Manager")]
    assert (trace.commit.subject, trace.kind, trace.same, trace.added[0]) == (
        "rename it", "class", ("Connections",), "Connections"
    )  # fmt: skip


def test_a_name_that_went_before_its_file_was_renamed_is_followed_back(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("old.py", TOKENS + "\n\ndef revoke(token):\n    return None\n").commit("begin")
    work.write("old.py", TOKENS).commit("no revocation")
    work.move("old.py", "new.py").commit("move")
    told = ask(work, names=(("new.py", "revoke"),))
    assert told.names[(work.path("new.py"), "revoke")].commit.subject == "no revocation"


def test_the_commit_that_wrote_an_import_is_found_through_a_rename_of_the_test(tmp_path: Path) -> None:
    work = Work(tmp_path)
    body = "\n\ndef test_a():\n    assert 1\n\n\ndef test_b():\n    assert 2\n"
    work.write("test_a.py", "import os" + body).commit("begin")
    sha = work.write("test_a.py", "import os\nfrom chat.live import (\n    Manager,\n    Other,\n)" + body).commit(
        "break"
    )
    work.move("test_a.py", "tests/test_a.py").commit("move")
    work.write("tests/test_a.py", "import os\nfrom chat.live import Manager" + body).commit("go on")
    key = (work.path("tests/test_a.py"), "chat.live", "Manager")
    told = GitHistory(str(tmp_path)).ask(HistoryQuestions(imports=(key,)), LONG_S)
    assert told.imports[key].sha == sha


def test_a_project_below_the_top_of_its_repository_is_answered_in_its_own_paths(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("services/a/lib/x.py", TOKENS).commit("begin")
    work.move("services/a/lib/x.py", "services/a/lib/y.py").commit("move")
    path = f"{tmp_path}/services/a/lib/x.py"
    told = GitHistory(f"{tmp_path}/services/a").ask(HistoryQuestions((path,)), LONG_S)
    assert told.paths[path].end == f"{tmp_path}/services/a/lib/y.py"


def test_names_that_are_no_plain_paths_are_taken_literally(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("*.py", "x = 1\n").write("a.py", TOKENS).commit("begin")
    work.delete("*.py", "a.py").commit("drop")
    told = ask(work, "*.py", ":(top)a.py", "--all", "a\nb.py")
    assert list(told.paths) == [work.path("*.py")]


def test_where_there_is_no_history_it_says_so(tmp_path: Path) -> None:
    told = GitHistory(str(tmp_path)).ask(HistoryQuestions((f"{tmp_path}/a.py",)), LONG_S)
    assert not told.asked
    assert "not a git repository" in told.gaps[0]
    work = Work(tmp_path)
    told = ask(work, "a.py")
    assert (told.asked, told.gaps) == (False, ("no history: it has no commit yet",))


def test_where_git_is_not_installed_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(tmp_path / "repo")
    work.write("a.py", TOKENS).commit("begin")
    monkeypatch.setenv("PATH", str(tmp_path))
    told = ask(work, "b.py")
    assert not told.asked
    assert told.gaps[0].startswith("no history: git cannot be started")


def test_a_repository_that_git_refuses_is_said_with_its_words(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    (tmp_path / ".git/config").write_text("[core]\n\trepositoryformatversion = 99\n")
    told = ask(work, "b.py")
    assert not told.asked
    assert "repo version" in told.gaps[0]


def test_a_shallow_clone_says_that_it_knows_no_more(tmp_path: Path) -> None:
    work = Work(tmp_path / "origin")
    work.write("a.py", TOKENS).commit("begin")
    work.delete("a.py").write("b.py", "x = 1\n").commit("drop")
    work.git("clone", "--quiet", "--depth=1", f"file://{work.folder}", str(tmp_path / "clone"))
    path = f"{tmp_path}/clone/a.py"
    told = GitHistory(f"{tmp_path}/clone").ask(HistoryQuestions((path,)), LONG_S)
    assert (told.paths, told.is_whole) == ({}, False)
    assert "shallow" in told.gaps[0]


def test_without_time_it_says_what_it_did_not_look_at(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).commit("begin")
    work.delete("a.py").commit("drop")
    told = ask(work, "a.py", budget_s=0.0)
    assert told.paths == {}
    assert told.gaps == ("the time was up: 1 files were not looked at",)


def trap(folder: Path, name: str = "trap.sh") -> tuple[Path, Path]:
    """A program that leaves a mark when it is run, and the mark."""
    mark, program = folder / "sprung", folder / name
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, mark


def test_asking_runs_nothing_that_the_repository_names(tmp_path: Path) -> None:
    """Hooks, filters, textconv, external diffs, fsmonitor, signatures and pagers of a hostile configuration."""
    program, mark = trap(tmp_path)
    work = Work(tmp_path / "repo")
    work.write("a.py", TOKENS).write("b.py", "x = 1\n").commit("begin")
    work.move("a.py", "c.py").commit("move")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (hooks / hook).symlink_to(program)
    (work.folder / ".git/info").mkdir(exist_ok=True)
    (work.folder / ".git/info/attributes").write_text("*.py filter=evil diff=evil\n")
    for key in (
        "core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "core.askPass", "gpg.program", "gpg.ssh.program",
        "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "credential.helper", "core.editor", "alias.log", "alias.cat-file",
    ):  # fmt: skip
        value = f"!{program}" if key.startswith(("alias", "credential")) else str(program)
        work.git("config", key, value)
    work.git("config", "core.hooksPath", str(hooks))
    work.git("config", "log.showSignature", "true")
    signed = work.git("cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----\n\n", 1
    )
    (tmp_path / "signed").write_text(signed + "\n")
    sha = work.git("hash-object", "-t", "commit", "-w", str(tmp_path / "signed"))
    (work.folder / ".git/refs/heads/main").write_text(sha + "\n")
    assert not mark.exists()
    before = snapshot(work.folder)
    told = ask(work, "a.py", names=(("b.py", "y"),))
    assert steps(work, told, "a.py") == [("renamed", "a.py", "c.py", "move")]
    faults = (Fault("line", work.path("b.py"), "x = 1"), Fault("file", work.path("c.py")))
    assert len(GitHistory(str(work.folder)).ask(HistoryQuestions(faults=faults), LONG_S).since) == 2
    assert set(GitHistory(str(work.folder)).ask(HistoryQuestions(lost=("nothing", "verify")), LONG_S).lost) == {
        "verify"
    }
    assert not mark.exists()
    assert snapshot(work.folder) == before, "asking wrote into the repository"


def test_a_program_of_the_folder_is_not_taken_for_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `PATH` says of the working directory."""
    work = Work(tmp_path / "repo")
    work.write("a.py", TOKENS).commit("begin")
    work.delete("a.py").commit("drop")
    _, mark = trap(work.folder, "git")
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))
    assert [step[0] for step in steps(work, ask(work, "a.py"), "a.py")] == ["deleted"]
    assert not mark.exists()
    assert not (work.folder / "sprung").exists()


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("filter_", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing(tmp_path: Path, filter_: str) -> None:
    """What it lacks is fetched by git through a helper that the configuration names: it is never started."""
    program, mark = trap(tmp_path, "git-remote-evil")
    work = Work(tmp_path / "origin")
    work.write("a.py", TOKENS).commit("begin")
    work.delete("a.py").write("b.py", TOKENS + "x = 1\n").commit("move and change")
    work.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    work.git("clone", "--quiet", "--no-checkout", f"--filter={filter_}", f"file://{work.folder}", str(clone))
    config = clone / ".git/config"
    config.write_text(config.read_text().replace(f"file://{work.folder}", "evil::here"))
    for command in (f"ext::{program} %S", "evil::here"):
        config.write_text(config.read_text() + f'[remote "origin"]\n url = {command}\n uploadpack = {program}\n')
        path, before = f"{clone}/a.py", os.environ["PATH"]
        os.environ["PATH"] = f"{tmp_path}:{before}"
        try:
            told = GitHistory(str(clone)).ask(HistoryQuestions((path,)), LONG_S)
            searched = GitHistory(str(clone)).ask(
                HistoryQuestions(faults=(Fault("line", f"{clone}/b.py", "x = 1"),), lost=("nothing",)), LONG_S
            )
        finally:
            os.environ["PATH"] = before
        assert not mark.exists()
        assert told.gaps, "what is missing is to be said"
        assert searched.notes, "what could not be searched is to be said"


class Kept(NullFactCache):
    """A cache in memory."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        return self.records.get((kind, key))

    def store(self, kind: str, key: str, record: bytes) -> None:
        self.records[kind, key] = record


def test_what_was_told_of_a_commit_is_kept_until_the_next_one(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", TOKENS).write("b.py", "def f(): ...\n").write("t.py", "import a\n").commit("begin")
    work.move("a.py", "c.py").write("b.py", "x = 1\n").commit("move")
    asked = HistoryQuestions(
        (work.path("a.py"),),
        ((work.path("b.py"), "f"),),
        ((work.path("t.py"), "a", ""),),
        (work.path("c.py"),),
        (Fault("file", work.path("c.py")),),
        ("x",),
    )
    cache = Kept()
    told = GitHistory(str(tmp_path), cache).ask(asked, LONG_S)
    kinds = (told.paths, told.names, told.imports, told.origins, told.since)
    assert [len(kind) for kind in kinds] == [1, 1, 1, 1, 1]
    assert len(cache.records) == 1
    assert replace(GitHistory(str(tmp_path), cache).ask(asked, LONG_S), seconds=told.seconds) == told
    assert len(cache.records) == 1
    work.write("d.py", "").commit("go on")
    GitHistory(str(tmp_path), cache).ask(asked, LONG_S)
    assert len(cache.records) == 2


def test_an_older_revision_is_asked_as_if_it_were_today(tmp_path: Path) -> None:
    work = Work(tmp_path)
    first = work.write("a.py", TOKENS).commit("begin")
    work.move("a.py", "b.py").commit("move")
    path = work.path("a.py")
    then = GitHistory(str(tmp_path), revision=first).ask(HistoryQuestions((path,)), LONG_S)
    assert steps(work, then, "a.py") == [("deleted", "a.py", "", "a change that is not committed")]
    assert not GitHistory(str(tmp_path), revision="--all").ask(HistoryQuestions((path,)), LONG_S).asked


def test_versions_that_do_not_parse_are_read_line_by_line(tmp_path: Path) -> None:
    """Python 2 is in the history of every old project: it must not look as if a name had never been."""
    work = Work(tmp_path)
    work.write("a.py", "def f(x):\n    print 'x'\n\n\ndef g():\n    raise E, 'x'\n").commit("begin")
    work.write("a.py", "def g():\n    raise E, 'x'\n").commit("drop f")
    told = ask(work, names=(("a.py", "f"),))
    trace = told.names[(work.path("a.py"), "f")]
    assert (trace.commit.subject, trace.kind, trace.definition) == ("drop f", "function", "def f(x):\n    print 'x'")


def test_a_name_is_followed_into_the_file_that_gained_it_even_under_another_name(tmp_path: Path) -> None:
    work = Work(tmp_path)
    body = '(text):\n    words = text.partition(",")\n    return [word.lower() for word in words]\n'
    work.write("a.py", f"def split{body}\n\ndef keep(): ...\n\n\ndef load(): ...\n").write("b.py", "x = 1\n").commit(
        "begin"
    )
    work.write("a.py", "def keep(): ...\n").write("b.py", f"x = 1\n\n\ndef tokenise{body}").write("c.py", "load = 1\n")
    work.commit("take it apart")
    told = ask(work, names=(("a.py", "split"), ("a.py", "load")))
    assert told.names[work.path("a.py"), "split"].taken == ((work.path("b.py"), "tokenise"),)
    assert told.names[work.path("a.py"), "load"].taken == ((work.path("c.py"), "load"),)


def test_a_name_that_nothing_else_explains_is_searched_for_in_every_change(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("zoo/old.py", "class Zebra:\n    stripes = 9\n\n\nLION = 1\n").write("a.py", "x = 1\n").commit("begin")
    gone = work.write("zoo/old.py", "LION = 1\n").commit("let the zebra go")
    work.write("zoo/new.py", "def feed(Zebra): ...\n").commit("feed them")
    told = GitHistory(str(tmp_path)).ask(HistoryQuestions(lost=("Zebra", "Unicorn", "nö", ".*", "LION")), LONG_S)
    assert set(told.lost) == {"Zebra"}
    trace = told.lost["Zebra"]
    assert (trace.path, trace.kind, trace.commit.sha) == (work.path("zoo/old.py"), "class", gone)
    assert (told.gaps, told.notes) == ((), ())
    told = GitHistory(str(tmp_path)).ask(HistoryQuestions(lost=("Zebra",)), 0.0)
    assert (told.lost, len(told.notes)) == ({}, 1)


def test_a_name_that_its_own_module_explains_is_searched_for_nowhere_else(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", "def load(): ...\n").write("b.py", "def load(): ...\n").commit("begin")
    work.write("b.py", "x = 1\n").commit("from the one")
    work.write("a.py", "x = 1\n").commit("from the other")
    asked = HistoryQuestions(names=((work.path("b.py"), "load"),), lost=("load",))
    told = GitHistory(str(tmp_path)).ask(asked, LONG_S)
    assert told.names[work.path("b.py"), "load"].commit.subject == "from the one"
    assert told.lost == {}


def test_what_was_listed_once_is_not_listed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(tmp_path)
    work.write("a.py", "x = (\n").write("b.py", "y = 1\n").commit("begin")
    work.delete("b.py").commit("drop b")
    history = GitHistory(str(tmp_path))
    history.ask(HistoryQuestions((work.path("b.py"),)), LONG_S)
    asked: list[tuple[str, ...]] = []
    run = Repository.run
    monkeypatch.setattr(
        Repository, "run", lambda self, *told, **more: (asked.append(told), run(self, *told, **more))[1]
    )
    fault = Fault("syntax", work.path("a.py"))
    assert history.ask(HistoryQuestions(faults=(fault,)), LONG_S).since[fault].subject == "begin"
    assert [told for told in asked if told[0] == "log" and "--no-walk=unsorted" not in told] == []
