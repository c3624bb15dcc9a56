"""The parser as callers see it: children, ruff, other interpreters, and what is lost with them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from muster.adapters import parsing
from muster.adapters.child_death import ChildLost
from muster.adapters.parse_worker import parse_full
from muster.adapters.parsing import SourceParser
from muster.adapters.piped_child import PipedChild
from muster.adapters.ruff import RuffRun, find_ruff
from muster.facts.module_facts import decode_bodies, decode_facts, encode_facts

HOST = (sys.version_info.major, sys.version_info.minor)
OTHERS = [version for version in ((3, 9), (3, 10), (3, 12), (3, 13)) if version != HOST]


@pytest.fixture
def skimming(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the files, many are skimmed."""
    monkeypatch.setattr(parsing, "NOT_WORTH_SKIMMING_BYTES", 0)


WELL = b"import os\n\n\ndef test_it():\n    a = 1\n    assert a\n"
BAD_BODY = b"def test_it():\n    a = 1\n    return (\n\n\ndef test_other():\n    pass\n"
BAD_SCOPE = b"def test_it():\n    a = 1\n    await a\n"


def interpreter_of(version: tuple[int, int]) -> str:
    """A Python of that version on `PATH` or beside the one that runs the tests; skips where there is none."""
    name = "python{}.{}".format(*version)
    beside = Path(sys.prefix).parent / "py{}.{}".format(*version) / "bin" / "python"
    found = str(beside) if beside.is_file() else shutil.which(name)
    # A shim of a version manager may stand on PATH for a Python that is not there.
    if found is None or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no {name} at hand")
    return found


@pytest.mark.usefixtures("skimming")
def test_many_files_are_judged_as_each_alone() -> None:
    """Whether skimmed in children or parsed in full, a file's record says the same, errors in bodies included."""
    kinds = [WELL, BAD_BODY, BAD_SCOPE, b"\xff", b"x = '\\d'\n", b"class A:\n\tdef m(self):\n\t\treturn 1\n"]
    sources = [(f"/p/test_{number}.py", kinds[number % len(kinds)]) for number in range(200)]
    with SourceParser(HOST) as parser:
        together = parser.parse_many(sources)
        alone = [encode_facts(parse_full(path, source, HOST)) for path, source in sources]
    assert together == alone


@pytest.mark.usefixtures("skimming")
def test_an_error_in_a_body_that_skimming_drops_is_found() -> None:
    """Ruff sees it, the compiler words it."""
    with SourceParser(HOST) as parser:
        records = parser.parse_many(
            [("/p/a.py", WELL), ("/p/b.py", BAD_BODY), ("/p/c.py", BAD_SCOPE), ("/p/d.py", WELL)]
        )
    messages = [facts.problem and facts.problem.message for facts in map(decode_facts, records)]
    assert messages == [
        None,
        "'(' was never closed (b.py, line 3)",
        "'await' outside async function (c.py, line 3)",
        None,
    ]


@pytest.mark.usefixtures("skimming")
def test_without_ruff_every_file_is_judged_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ruff is not to be had, accuracy stays and only speed goes."""
    monkeypatch.setattr("muster.adapters.ruff.find_ruff", lambda: None)
    with SourceParser(HOST) as parser:
        records = parser.parse_many([("/p/a.py", WELL), ("/p/b.py", BAD_BODY), ("/p/c.py", WELL)])
    assert [decode_facts(record).problem is None for record in records] == [True, False, True]


def test_ruff_is_blind_to_names_configuration_and_noqa() -> None:
    """A `noqa` comment, a strange number or an empty file changes nothing of what is flagged."""
    sources = {7: b"# ruff: noqa\nreturn  # noqa\n", 3: b"", 12: b"def f():\n    nonlocal x\n", 40: b"x = 1\n"}
    assert find_ruff() is not None
    with RuffRun(sources, HOST) as ruff:
        assert ruff.flagged() == {7, 12}
    with RuffRun([b"match x:\n    case 1: pass\n"], (3, 9)) as ruff:
        assert ruff.flagged() == {0}


def test_a_file_that_takes_too_long_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs its own answer and its worker; the next file is answered by another."""
    monkeypatch.setattr(parsing, "CPU_LIMIT_S", 0.05)
    monkeypatch.setattr(parsing, "CPU_LIMIT_S_PER_MIB", 0.05)
    large = b"x = [" + b"1," * parsing.GUARDED_SIZE_BYTES + b"]\ndef test_a(): pass\n"
    with SourceParser(HOST) as parser:
        facts = decode_facts(parser.parse("/p/a.py", large))
        assert facts.undecided == "the parser did not finish in time"
        assert facts.estimated_tests == ("test_a",)
        monkeypatch.setattr(parsing, "CPU_LIMIT_S", 60.0)
        assert decode_facts(parser.parse("/p/a.py", large)).all_names == ("test_a", "x")


def test_a_child_that_dies_is_replaced() -> None:
    """Its end is told, and the next question starts a new one."""
    script = (
        "import sys, os\n"
        "while True:\n"
        "    n = int.from_bytes(sys.stdin.buffer.read(8), 'big'); q = sys.stdin.buffer.read(n)\n"
        "    if q == b'die': os.kill(os.getpid(), 9)\n"
        "    if q == b'sleep': import time; time.sleep(60)\n"
        "    sys.stdout.buffer.write(n.to_bytes(8, 'big') + q); sys.stdout.buffer.flush()\n"
    )
    child = PipedChild([sys.executable, "-I", "-S", "-c", script])
    large = b"x" * 3_000_000
    assert child.ask(large, 20) == large
    with pytest.raises(ChildLost, match="signal 9"):
        child.ask(b"die", 20)
    start = time.monotonic()
    with pytest.raises(ChildLost, match="in time"):
        child.ask(b"sleep", 0.05)
    assert time.monotonic() - start < 20
    assert child.ask(b"again", 20) == b"again"
    child.close()


def test_an_interpreter_that_cannot_be_started_leaves_files_undecided() -> None:
    """Never a syntax error, never a traceback."""
    with SourceParser((3, 12) if HOST != (3, 12) else (3, 13), interpreter="/missing/python") as parser:
        facts = decode_facts(parser.parse("/p/a.py", b"x = 1\n"))
        assert facts.undecided.startswith("cannot talk to /missing/python")
        assert facts.problem is None


@pytest.mark.parametrize("target", OTHERS)
def test_another_target_says_the_same_of_common_grammar(target: tuple[int, int]) -> None:
    """Facts and bodies are equal to our own wherever both parse the file alike."""
    source = Path(parsing.__file__).read_bytes()
    with SourceParser(target, interpreter=interpreter_of(target)) as other, SourceParser(HOST) as own:
        assert other.parse("/p/a.py", source) == own.parse("/p/a.py", source)
        assert other.parse_bodies("/p/a.py", source) == own.parse_bodies("/p/a.py", source)
        assert decode_bodies(other.parse_bodies("/p/a.py", b"x = (\n")).by_line == {}


VERSIONED = {
    b"match x:\n    case 1: pass\n": (3, 10),
    b"try: pass\nexcept* E: pass\n": (3, 11),
    b"x[*a]\n": (3, 11),
    b"type X = int\n": (3, 12),
    b"def f[T](a: T) -> T: return a\n": (3, 12),
    b"class C[T]: pass\n": (3, 12),
    b'x = f"{a["b"]}"\n': (3, 12),
    b"type X[T = int] = T\n": (3, 13),
}


@pytest.mark.usefixtures("skimming")
@pytest.mark.parametrize("target", OTHERS)
def test_grammar_belongs_to_the_target(target: tuple[int, int]) -> None:
    """A construct is refused just before the version that brought it, alone and among many, in the target's words."""
    sources = [("/p/a.py", source) for source in VERSIONED] * 2
    with SourceParser(target, interpreter=interpreter_of(target)) as parser:
        alone = [decode_facts(parser.parse(*each)) for each in sources]
        together = [decode_facts(each) for each in parser.parse_many(sources)]
    assert together == alone
    accepted = [facts.problem is None and facts.undecided == "" for facts in alone]
    assert accepted == [target >= since for since in VERSIONED.values()] * 2


def test_the_words_are_the_targets_own() -> None:
    """Python 3.9 has not yet learned to suggest a comma."""
    with SourceParser((3, 9), interpreter=interpreter_of((3, 9))) as parser:
        facts = decode_facts(parser.parse("/p/a.py", b"f(a b)\n"))
    assert facts.problem is not None
    assert facts.problem.message == "invalid syntax (a.py, line 1)"
    assert (facts.problem.line, facts.problem.column, facts.problem.text) == (1, 5, "f(a b)")


def test_a_target_that_may_not_be_started_leaves_newer_grammar_undecided() -> None:
    """Grammar that we do not know, and grammar that the target does not know, is undecided; the rest is judged."""
    newer, older = (HOST[0], HOST[1] + 3), (3, 9)
    with SourceParser(newer) as parser:
        facts = decode_facts(parser.parse("/p/a.py", b"brand new syntax\n"))
        assert facts.undecided == f"only Python 3.{newer[1]} itself can say whether this file parses"
        assert decode_facts(parser.parse("/p/a.py", b"x = 1\n")).all_names == ("x",)
    with SourceParser(older) as parser:
        assert decode_facts(parser.parse("/p/a.py", b"match x:\n    case 1: pass\n")).undecided != ""
        problem = decode_facts(parser.parse("/p/a.py", b"def\n")).problem
        assert problem is not None


def test_nothing_of_the_source_or_the_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the file nor modules that lie about in the working directory, in any child."""
    trap = b"import pathlib; pathlib.Path(%r).touch()\n" % str(tmp_path / "sprung")
    for name in ("ast", "json", "msgspec", "muster", "sitecustomize", "usercustomize", "encodings"):
        (tmp_path / f"{name}.py").write_bytes(trap)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "ast.py"))
    with SourceParser(HOST) as parser:
        parser.parse_many([("/p/a.py", trap)] * 100)
    with SourceParser((3, 9), interpreter=interpreter_of((3, 9))) as parser:
        assert decode_facts(parser.parse("/p/a.py", trap)).problem is None
    assert not (tmp_path / "sprung").exists()
