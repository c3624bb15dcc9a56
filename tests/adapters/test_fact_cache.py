"""The cache never changes an answer: whatever happens to it, a record is whole or it is a miss."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from muster.adapters.cache_file import FILE_NAME
from muster.adapters.fact_cache import NullFactCache, SqliteFactCache, cache_folder, clear_cache

SOURCE = str(Path(__file__).parents[2] / "src")

WRITER = f"""
import sys
sys.path.insert(0, {SOURCE!r})
from muster.adapters.fact_cache import SqliteFactCache
folder, start, rounds, per_round = sys.argv[1], *map(int, sys.argv[2:])
cache = SqliteFactCache(folder)
print("ready", flush=True)
for round in range(rounds):
    for i in range(per_round):
        key = f"{{start}}-{{round}}-{{i}}"
        cache.store("facts", key, key.encode() * 50)
        cache.remember(f"/p/{{key}}.py", "stamp", key)
    cache.flush()
    assert cache.is_on
"""


def write_in_child(folder: Path, start: int, rounds: int, per_round: int) -> subprocess.Popen[bytes]:
    """A process that writes `rounds` transactions of `per_round` records."""
    arguments = [sys.executable, "-I", "-c", WRITER, str(folder), str(start), str(rounds), str(per_round)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


def test_what_is_stored_is_found_by_the_next_run(tmp_path: Path) -> None:
    """Before and after the flush, in this process and in the next."""
    cache = SqliteFactCache(str(tmp_path / "c"))
    assert cache.load("facts", "k") is None
    cache.store("facts", "k", b"record")
    cache.remember("/p/a\udcff.py", "1:2", "k")
    assert cache.load("facts", "k") == b"record"
    cache.close()
    again = SqliteFactCache(str(tmp_path / "c"))
    assert again.load_many("facts", ["k", "other"]) == {"k": b"record"}
    assert again.load("bodies", "k") is None
    assert again.content_keys("/p") == {"/p/a\udcff.py": ("1:2", "k")}
    assert again.content_keys("/p/") == again.content_keys("/p")
    assert again.content_keys("/q") == {}
    again.remember("/p/a\udcff.py", "1:3", "l")
    assert again.content_keys("/p") == {"/p/a\udcff.py": ("1:3", "l")}


def test_the_folder_is_private(tmp_path: Path) -> None:
    """0700, even where it was wider before."""
    (tmp_path / "c").mkdir(mode=0o755)
    cache = SqliteFactCache(str(tmp_path / "c"))
    cache.store("facts", "k", b"r")
    cache.flush()
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700


def test_the_folder_is_named_by_the_environment() -> None:
    """`MUSTER_CACHE_DIR` first, then the XDG folder, then `~/.cache`."""
    assert cache_folder({"MUSTER_CACHE_DIR": "/m", "XDG_CACHE_HOME": "/x"}) == "/m"
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == "/x/muster"
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == os.path.expanduser("~/.cache/muster")


def test_ten_thousand_records_load_quickly(tmp_path: Path) -> None:
    """Well under a second, checksums included."""
    cache = SqliteFactCache(str(tmp_path / "c"))
    keys = [f"{number:064d}" for number in range(10_000)]
    for key in keys:
        cache.store("facts", key, key.encode() * 40)
        cache.remember(f"/p/{key}.py", "stamp", key)
    cache.close()
    cache = SqliteFactCache(str(tmp_path / "c"))
    began = time.process_time()
    assert len(cache.load_many("facts", keys)) == 10_000
    assert len(cache.content_keys("/p")) == 10_000
    assert time.process_time() - began < 0.9  # about 0.15 s on an idle machine


def test_a_symlinked_foreign_or_absent_folder_switches_the_cache_off(tmp_path: Path) -> None:
    """Silently: nothing is written, nothing is raised."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").write_text("")
    (tmp_path / "fifo-holder").mkdir()
    os.mkfifo(tmp_path / "fifo-holder" / FILE_NAME)
    (tmp_path / "linked-file").mkdir()
    (tmp_path / "linked-file" / FILE_NAME).symlink_to(tmp_path / "target.sqlite")
    for folder in ("link", "file", "file/below", "fifo-holder", "linked-file", "nul\0"):
        cache = SqliteFactCache(str(tmp_path / folder))
        cache.store("facts", "k", b"r")
        cache.flush()
        assert cache.load("facts", "k") is None
        assert not cache.is_on
    assert list((tmp_path / "real").iterdir()) == []
    assert not (tmp_path / "target.sqlite").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    """Whoever owns it could have planted records."""
    (tmp_path / "c").mkdir()
    os.chown(tmp_path / "c", 12345, 12345)
    cache = SqliteFactCache(str(tmp_path / "c"))
    assert cache.load("facts", "k") is None
    assert not cache.is_on


def test_a_full_disk_switches_the_cache_off(tmp_path: Path) -> None:
    """SQLite's own page limit stands for the disk's."""
    cache = SqliteFactCache(str(tmp_path / "c"))
    cache.store("facts", "k", b"r")
    cache.flush()
    assert cache._connection is not None
    cache._connection.execute("PRAGMA max_page_count = 8")
    cache.store("facts", "big", b"r" * 1_000_000)
    cache.flush()
    assert not cache.is_on
    cache.store("facts", "more", b"r")
    assert cache.load("facts", "big") is None
    assert SqliteFactCache(str(tmp_path / "c")).load("facts", "k") == b"r"


def test_the_cache_is_bounded_and_forgets_what_was_not_used_for_longest(tmp_path: Path) -> None:
    """Records loaded lately survive older ones."""
    for day in range(1, 11):
        cache = SqliteFactCache(str(tmp_path / "c"), limit_bytes=10_000_000, today=lambda day=day: day)
        cache.store("facts", f"{day}", b"x" * 2_000_000)
        cache.load("facts", "1")
        cache.close()
    found = SqliteFactCache(str(tmp_path / "c")).load_many("facts", [str(day) for day in range(1, 11)])
    assert "1" in found
    assert "10" in found
    assert "2" not in found
    assert sum(map(len, found.values())) <= 10_000_000
    assert (tmp_path / "c" / FILE_NAME).stat().st_size <= 14_000_000


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_and_torn_files_are_misses(tmp_path: Path, seed: int) -> None:
    """Wherever the damage is, a record comes back whole or not at all, and the next run can store again."""
    chance = random.Random(seed)
    folder = tmp_path / "c"
    records = {f"{number}": bytes([number % 256]) * chance.randint(1, 9_000) for number in range(300)}
    cache = SqliteFactCache(str(folder))
    for key, record in records.items():
        cache.store("facts", key, record)
        cache.remember(f"/p/{key}", f"stamp{key}", key)
    cache.close()
    path = folder / FILE_NAME
    content = bytearray(path.read_bytes())
    if seed % 3 == 0:
        del content[chance.randrange(len(content)) :]
    else:
        for _ in range(chance.choice([1, 20, 1000])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    cache = SqliteFactCache(str(folder))
    for key, record in cache.load_many("facts", list(records)).items():
        assert record == records[key]
    for name, (stamp, key) in cache.content_keys("/p").items():
        assert (name, stamp) == (f"/p/{key}", f"stamp{key}")
    cache.store("facts", "new", b"new")
    cache.close()
    last = SqliteFactCache(str(folder))
    last.store("facts", "newer", b"newer")
    last.close()
    assert SqliteFactCache(str(folder)).load("facts", "newer") == b"newer"


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    """So is one with another schema, whose triggers must never run."""
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"not a database" * 1000)
    cache = SqliteFactCache(str(folder))
    cache.store("facts", "k", b"r")
    cache.close()
    assert SqliteFactCache(str(folder)).load("facts", "k") == b"r"
    with sqlite3.connect(folder / FILE_NAME) as foreign:
        foreign.execute("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END")
    foreign.close()
    cache = SqliteFactCache(str(folder))
    assert cache.load("facts", "k") is None
    assert cache.is_on
    assert (folder / (FILE_NAME + ".damaged")).exists()


def test_eight_processes_write_at_once(tmp_path: Path) -> None:
    """None loses a record, none fails."""
    writers = [write_in_child(tmp_path / "c", number, 25, 4) for number in range(8)]
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    keys = [f"{start}-{round}-{i}" for start in range(8) for round in range(25) for i in range(4)]
    assert len(SqliteFactCache(str(tmp_path / "c")).load_many("facts", keys)) == len(keys)


@pytest.mark.slow
def test_killed_writers_leave_whole_records(tmp_path: Path) -> None:
    """80 times SIGKILL at a random moment: the file stays readable and no temporary files gather."""
    chance = random.Random(4)
    folder = tmp_path / "c"
    for kill in range(80):
        writer = write_in_child(folder, kill, 10_000, 20)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.random() * 0.03)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        if kill % 10 == 0:
            cache = SqliteFactCache(str(folder))
            for name, (_, key) in cache.content_keys("/p").items():
                assert name == f"/p/{key}.py"
                assert cache.load("facts", key) == key.encode() * 50
            assert cache.is_on
            cache.close()
    assert len(list(folder.iterdir())) <= 3
    with sqlite3.connect(folder / FILE_NAME) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_forked_child_does_not_touch_the_connection(tmp_path: Path) -> None:
    """SQLite connections do not survive a fork, so the child has no cache."""
    cache = SqliteFactCache(str(tmp_path / "c"))
    cache.store("facts", "k", b"r")
    cache.flush()
    child = os.fork()
    if child == 0:
        os._exit(0 if cache.load("facts", "k") is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.load("facts", "k") == b"r"


def test_clearing_deletes_only_our_files(tmp_path: Path) -> None:
    """And says how much that freed."""
    cache = SqliteFactCache(str(tmp_path))
    cache.store("facts", "k", b"r")
    cache.close()
    (tmp_path / "note.txt").write_text("mine")
    assert clear_cache(str(tmp_path)) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_the_null_cache_keeps_nothing() -> None:
    """It is the port's other implementation."""
    cache = NullFactCache()
    cache.store("facts", "k", b"r")
    cache.remember("/p", "s", "k")
    cache.flush()
    assert cache.load("facts", "k") is None
    assert cache.load_many("facts", ["k"]) == {}
    assert cache.content_keys("/") == {}
