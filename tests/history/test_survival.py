"""Processes that write at once and are killed: what was acknowledged is there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from muster.adapters.history.store import DatabaseHistory

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from tests.history.records import cause, record
from muster.adapters.history.store import DatabaseHistory
history = DatabaseHistory(sys.argv[1])
for number in range(10_000):
    made = record(f"{sys.argv[2]}{number}", number, causes=(cause(),), nodeids={"t.py": (f"test_{number}",)})
    history.add(made)
    print(made.id, flush=True)
"""
ACKNOWLEDGED = 8


def test_what_two_killed_writers_were_told_is_kept_is_kept(history_url: str) -> None:
    command = [sys.executable, "-c", WRITER, history_url]
    writers = [
        subprocess.Popen(
            [*command, name], cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": f"{ROOT}:{ROOT}/src"}
        )
        for name in "ab"
    ]
    told: list[str] = []
    try:
        for writer in writers:
            assert writer.stdout is not None
            told += [writer.stdout.readline().strip() for _ in range(ACKNOWLEDGED)]
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
    for writer in writers:
        assert writer.stdout is not None
        with writer.stdout as output:
            told += [line.strip() for line in output if line.endswith("\n")]
        writer.wait(30)
    with DatabaseHistory(history_url) as memory:
        there = {each.id for each in memory.recent(20_000)}
        assert len(told) >= 2 * ACKNOWLEDGED
        assert set(told) - there == set()
        # At most one that each was about to tell us of, and each of them whole.
        assert len(there) <= len(told) + 2
        assert all(memory.record(id_) is not None for id_ in sorted(there)[:50])
        assert len(memory.open_causes()) == 1
