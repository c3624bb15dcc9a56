"""Whatever is edited between two runs, a run over the cache says what a run without any cache says.

The cache keeps facts of files and whole sessions: a session that is recalled is told apart from one that is simulated by
the records of the cache, and both must happen.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache, SqliteFactCache
from muster.adapters.interpreters import choose_interpreter
from muster.adapters.parsing import SourceParser
from muster.model.cause import Cause
from muster.model.collection import Collection
from muster.ports import FactCache
from muster.usecases.diagnose import diagnose
from muster.usecases.plan import Standards
from muster.usecases.simulate import Ports, Request, simulate

STEPS = int(os.environ.get("MUSTER_EDITS", "60"))
SEED = int(os.environ.get("MUSTER_SEED", "20"))
OTHER_EDITS = ("variable", "by-product", "link", "data", "unseen")
NAMES = ("alpha", "beta", "gamma")
CONTENTS = (
    "def test_one(): ...\n",
    "def test_two(): ...\n",
    "from alpha import one\ndef test_one(): ...\n",
    "from beta import one\ndef test_six(): ...\n",
    "def one(): ...\n",
    "def two(): ...\n",
    "import pytest\nfrom alpha import one\none()\n@pytest.mark.parametrize('x', [1, 2])\ndef test_x(x): ...\n",
    "def one(:\n",
    "def one():\n    raise ValueError('never again')\n",
    "def one():\n    return 1\n",
    "import pytest\nfrom alpha import one\n@pytest.mark.parametrize('x', [one()])\ndef test_o(x): ...\n",
    "",
    # What a session looks at beside modules: the names in a folder, the content and the kind of a file, links, variables.
    "import os, pytest\n@pytest.mark.parametrize('n', sorted(os.listdir(os.path.dirname(__file__))))\ndef test_n(n): ...\n",
    "import pytest\nfrom pathlib import Path\n"
    "@pytest.mark.parametrize('n', Path(__file__).with_name('data.txt').read_text().split())\ndef test_d(n): ...\n",
    "import os, pytest\n@pytest.mark.parametrize('n', [os.path.isdir('tests/sub'), os.path.realpath('tests/data.txt')])\n"
    "def test_k(n): ...\n",
    "import os, pytest\n@pytest.mark.parametrize('n', [os.environ.get('EDITED', '')])\ndef test_v(n): ...\n",
)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InterpreterQuery]:
    """This interpreter, asked once, about a project elsewhere: in our own, our plugin is the examined project's."""
    chosen = choose_interpreter("/", named=sys.executable, environ={}, own=sys.executable)
    elsewhere = str(tmp_path_factory.mktemp("elsewhere"))
    environment = InterpreterQuery(chosen, elsewhere, NullFactCache(), environ=dict(os.environ))
    yield environment
    environment.close()


def test_warm_equals_cold(tmp_path: Path, query: InterpreterQuery) -> None:
    """After every one of many random edits, with old time stamps put back at times."""
    choose = random.Random(SEED)
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    variables: dict[str, str] = {}
    recalled = 0
    with SourceParser(sys.version_info[:2]) as parser:
        for step in range(STEPS):
            edit = _edit(choose, root, variables)
            warm_cache = WatchedCache(str(tmp_path / "cache"))
            warm = _explained(root, query, parser, warm_cache, variables)
            warm_cache.close()
            recalled += not warm_cache.has_kept_a_session
            cold = _explained(root, query, parser, NullFactCache(), variables)
            assert warm == cold, f"seed {SEED}, step {step}: {edit}"
    # An edit of a file that nothing asks for leaves the session as it is; any other does not.
    assert 0 < recalled < STEPS


def test_a_session_that_is_kept_is_not_simulated_again(tmp_path: Path, query: InterpreterQuery) -> None:
    """What Python itself puts beside the modules does not matter, nor what a function does that nobody calls."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "test_a.py").write_text("import beta\ndef test_a(): assert 0\n")
    (root / "beta.py").write_text("")
    cache = WatchedCache(str(tmp_path / "cache"))
    with SourceParser(sys.version_info[:2]) as parser:
        first = _explained(root, query, parser, cache, {})
        assert cache.has_kept_a_session
        cache.has_kept_a_session = False
        (root / "__pycache__").mkdir()
        assert _explained(root, query, parser, cache, {}) == first
        assert _explained(root, query, parser, cache, {"NOBODY_LOOKS_AT": "this"}) == first
        assert not cache.has_kept_a_session
        (root / "test_a.py").write_text("import beta\ndef test_a(): assert 1\n")
        assert _explained(root, query, parser, cache, {}) == first
        assert not cache.has_kept_a_session
        (root / "beta.py").write_text("one = 1\n")
        _explained(root, query, parser, cache, {})
        assert cache.has_kept_a_session
    cache.close()


LOOKS = {
    "a function that is called": "__import__('gamma').one()",
    "a variable": "os.environ.get('EDITED', '')",
    "all variables": "len({**os.environ})",
    "the content of a file": "Path('data.txt').read_text()",
    "the kind of a path": "os.path.isdir('folder')",
    "where a link leads": "os.path.realpath('link')",
    "the names in a folder": "len(os.listdir('folder'))",
    "names that Python puts there itself": "len([*Path('folder').glob('*')])",
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_session_is_simulated_again_where_what_it_looked_at_has_changed(
    look: str, tmp_path: Path, query: InterpreterQuery
) -> None:
    """Each edit changes the name of the test, and nothing else tells of it."""
    root = tmp_path / "project"
    (root / "folder").mkdir(parents=True)
    (root / "data.txt").write_text("before")
    (root / "gamma.py").write_text("def one():\n    return 1\n")
    (root / "link").symlink_to("data.txt")
    parametrized = f"import os, pytest\nfrom pathlib import Path\n@pytest.mark.parametrize('n', [{LOOKS[look]}])\n"
    (root / "test_a.py").write_text(parametrized + "def test_a(n): ...\n")
    variables = {"EDITED": "before"}
    cache = SqliteFactCache(str(tmp_path / "cache"))
    with SourceParser(sys.version_info[:2]) as parser:
        before = _explained(root, query, parser, cache, variables)
        if look == "a variable":
            variables["EDITED"] = "after"
        elif look == "a function that is called":
            (root / "gamma.py").write_text("def one():\n    return 2\n")
        elif look == "all variables":
            variables["ONE_MORE"] = "after"
        elif look == "the content of a file":
            (root / "data.txt").write_text("after")
        elif look == "the kind of a path":
            (root / "folder").rmdir()
        elif look == "where a link leads":
            (root / "link").unlink()
            (root / "link").symlink_to("test_a.py")
        else:
            (root / "folder" / ("file" if look == "the names in a folder" else "__pycache__")).mkdir()
        warm = _explained(root, query, parser, cache, variables)
        assert warm == _explained(root, query, parser, NullFactCache(), variables)
        assert warm != before
    cache.close()


class WatchedCache(SqliteFactCache):
    """The cache, which tells whether a session was simulated: such a one is kept."""

    has_kept_a_session = False

    def store(self, kind: str, key: str, record: bytes) -> None:
        """Kept, and noted."""
        self.has_kept_a_session |= kind == "session"
        super().store(kind, key, record)


def _explained(
    root: Path, query: InterpreterQuery, parser: SourceParser, cache: FactCache, variables: Mapping[str, str]
) -> tuple[Collection, tuple[Cause, ...], tuple[tuple[str, ...], ...]]:
    """What is collected, why the rest is not, and what belongs together: the index keeps what it reads as well."""
    ports = Ports(DiskTree(), cache, query, parser, variables, edition="this one")
    simulation = simulate(ports, Request((), str(root), cwd_on_path=True), grouped=True)
    causes, collection = diagnose(
        simulation.collection,
        simulation.invocation,
        simulation.environment,
        ports.tree,
        simulation.store.facts,
        Standards(),
        simulation.store.mentions,
    )
    cache.flush()
    return collection, causes, simulation.groups


def _edit(choose: random.Random, root: Path, variables: dict[str, str]) -> str:
    """One random edit below `root`; what it was, in words."""
    folder = root / choose.choice(["", "tests", "tests/sub", "alpha"])
    name = choose.choice([*(f"{each}.py" for each in NAMES), "test_a.py", "test_b.py", "conftest.py", "__init__.py"])
    path = folder / name
    kind = choose.choice(["write", "write", "write", "delete", "rename", "same stamp", "configure", *OTHER_EDITS])
    if kind == "delete" and path.is_file():
        path.unlink()
    elif kind == "rename" and path.is_file():
        path.rename(path.with_name(choose.choice(["test_c.py", "gamma.py"])))
    elif kind in OTHER_EDITS:
        _edit_otherwise(choose, root, folder, kind, variables)
    elif kind == "configure":
        (root / "pytest.ini").write_text(
            f"[pytest]\naddopts = --import-mode={choose.choice(['prepend', 'importlib'])}\n"
        )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        before = path.stat() if path.is_file() else None
        path.write_text(choose.choice(CONTENTS))
        if kind == "same stamp" and before is not None:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return f"{kind} {path.relative_to(root)}"


def _edit_otherwise(choose: random.Random, root: Path, folder: Path, kind: str, variables: dict[str, str]) -> None:
    """An edit of something else than a module."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.txt"
    if kind == "variable":
        variables["EDITED"] = choose.choice(["", "a", "b"])
    elif kind == "by-product":
        (folder / "__pycache__").mkdir(exist_ok=True)
    elif kind == "link":
        data.unlink(missing_ok=True)
        data.symlink_to(choose.choice(["conftest.py", "nothing"]))
    elif kind == "data":
        data.unlink(missing_ok=True)
        data.write_text(choose.choice(["", "a b", "c"]))
    elif kind == "unseen":
        (root / "unseen").mkdir(exist_ok=True)
        (root / "unseen" / "notes.txt").write_text(str(choose.random()))
