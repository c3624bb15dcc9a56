"""Whatever is edited between two runs, a run over the cache says what a run without any cache says."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
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
    "",
)


@pytest.fixture(scope="module")
def query() -> Iterator[InterpreterQuery]:
    """This interpreter, asked once."""
    chosen = choose_interpreter("/", named=sys.executable, environ={}, own=sys.executable)
    environment = InterpreterQuery(chosen, "", NullFactCache(), environ=dict(os.environ))
    yield environment
    environment.close()


def test_warm_equals_cold(tmp_path: Path, query: InterpreterQuery) -> None:
    """After every one of many random edits, with old time stamps put back at times."""
    choose = random.Random(SEED)
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    with SourceParser(sys.version_info[:2]) as parser:
        for step in range(STEPS):
            edit = _edit(choose, root)
            warm_cache = SqliteFactCache(str(tmp_path / "cache"))
            warm = _explained(root, query, parser, warm_cache)
            warm_cache.close()
            cold = _explained(root, query, parser, NullFactCache())
            assert warm == cold, f"seed {SEED}, step {step}: {edit}"


def _explained(
    root: Path, query: InterpreterQuery, parser: SourceParser, cache: FactCache
) -> tuple[Collection, tuple[Cause, ...]]:
    """What is collected, and why the rest is not: the index keeps what it reads as well."""
    ports = Ports(DiskTree(), cache, query, parser, {})
    simulation = simulate(ports, Request((), str(root), cwd_on_path=True))
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
    return collection, causes


def _edit(choose: random.Random, root: Path) -> str:
    """One random edit below `root`; what it was, in words."""
    folder = root / choose.choice(["", "tests", "tests/sub", "alpha"])
    name = choose.choice([*(f"{each}.py" for each in NAMES), "test_a.py", "test_b.py", "conftest.py", "__init__.py"])
    path = folder / name
    kind = choose.choice(["write", "write", "write", "delete", "rename", "same stamp", "configure"])
    if kind == "delete" and path.is_file():
        path.unlink()
    elif kind == "rename" and path.is_file():
        path.rename(path.with_name(choose.choice(["test_c.py", "gamma.py"])))
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
