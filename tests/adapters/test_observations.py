"""Real collections kept in the project: small, atomic, and never a reason to fail."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from muster.adapters.observations import MOST_SELECTIONS, ProjectObservations
from muster.model.observation import Observation

SEEN = Observation(
    selection="0123456789abcdef",
    observed_at="2026-11-22T10:00:00Z",
    seconds=29.8,
    command="pytest -q",
    python="3.13.0",
    pytest="9.0.0",
    workers=2,
    errors=(("a.py", "ImportError: no \udcff"),),
    nodeids=("a.py::test_1", "b.py::T::test[x::y]", "a.py::test_2", "docs.txt", "b.py::test\n[\x1b]", "::x", ""),
)


def test_what_is_kept_reads_back_the_same(tmp_path: Path) -> None:
    observations = ProjectObservations(str(tmp_path))
    observations.save(replace(SEEN, seconds=1.0))
    observations.save(SEEN)
    assert observations.load(SEEN.selection) == SEEN
    assert (tmp_path / ".muster/.gitignore").read_text() == "*\n"
    assert len(list((tmp_path / ".muster/observed").iterdir())) == 1


def test_node_ids_take_little_room(tmp_path: Path) -> None:
    nodeids = tuple(f"tests/some/long/folder/test_file_{n // 10}.py::test_{n}" for n in range(10_000))
    ProjectObservations(str(tmp_path)).save(replace(SEEN, nodeids=nodeids))
    [path] = (tmp_path / ".muster/observed").iterdir()
    assert path.stat().st_size < sum(map(len, nodeids)) / 2


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": "muster.observed/1"}', b"[" * 100_000, b"\xff"])
def test_what_cannot_be_read_counts_as_not_there(tmp_path: Path, content: bytes) -> None:
    observations = ProjectObservations(str(tmp_path))
    assert observations.load(SEEN.selection) is None
    observations.save(SEEN)
    [path] = (tmp_path / ".muster/observed").iterdir()
    path.write_bytes(content)
    assert observations.load(SEEN.selection) is None


@pytest.mark.parametrize("change", [{"seconds": "NaN"}, {"seconds": "1e999"}, {"seconds": "-1"}, {"workers": "1e999"}])
def test_numbers_that_are_none_count_as_not_there(tmp_path: Path, change: dict[str, str]) -> None:
    observations = ProjectObservations(str(tmp_path))
    observations.save(SEEN)
    [path] = (tmp_path / ".muster/observed").iterdir()
    [(key, number)] = change.items()
    text = path.read_text()
    was = {"seconds": "29.8", "workers": "2"}[key]
    path.write_text(text.replace(f'"{key}":{was},', f'"{key}":{number},'))
    assert path.read_text() != text
    assert observations.load(SEEN.selection) is None


def test_what_cannot_be_written_is_let_be(tmp_path: Path) -> None:
    (tmp_path / ".muster").write_text("a file")
    ProjectObservations(str(tmp_path)).save(SEEN)
    assert (tmp_path / ".muster").read_text() == "a file"


def test_only_the_newest_selections_are_kept(tmp_path: Path) -> None:
    observations = ProjectObservations(str(tmp_path))
    for number in range(MOST_SELECTIONS + 3):
        observations.save(replace(SEEN, selection=f"{number:016x}"))
        os.utime(tmp_path / f".muster/observed/{number:016x}.json", (number + 1, number + 1))
    assert observations.load(f"{0:016x}") is None
    assert observations.load(f"{MOST_SELECTIONS + 2:016x}") is not None
    assert len(list((tmp_path / ".muster/observed").iterdir())) == MOST_SELECTIONS
