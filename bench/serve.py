"""Load on `muster serve`, over a memory of many runs: how long pages take, and whether any push that was confirmed is lost.

    python bench/serve.py [--runs 20000] [--database URL] [--sqlite] [--postgresql]

Without `--database` each backend that is asked for (both by default) is made anew: a file, and a PostgreSQL server that this script
starts. The memory is filled with runs of five projects with eight categories each, on two branches; a run knows its 200 files and 600
tests, every tenth has causes with patches, and the import times of 300 modules. Then, over HTTP on this machine:

- each page is asked for 40 times by one client; its median is the figure that the goal (200 ms) is about;
- 20 clients push 10 runs each at the same time, and read in between: none may be lost;
- four times the server is killed with SIGKILL while 8 clients push: what it confirmed must be there when it is up again.

Exit code 1 where a page's median is over the goal or a confirmed run is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

HERE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HERE), str(HERE / "src")]

from muster.adapters.history.database import sqlite_url  # noqa: E402  # because the path comes first
from muster.adapters.history.store import DatabaseHistory  # noqa: E402
from muster.cli.token import fresh_token  # noqa: E402
from muster.model.memory import (  # noqa: E402
    HistoryRecord,
    RecordedCause,
    RecordedFile,
    RecordedFix,
    RecordedImport,
)
from muster.usecases.tokens import issue_token  # noqa: E402
from muster.usecases.wire import encode_push, encode_record  # noqa: E402

GOAL_S = 0.200
PROJECTS, CATEGORIES, BRANCHES = 5, 8, ("main", "release")
PUSHERS, PUSHES, KILLS = 20, 10, 4
PATCH = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-import gone\n+import here\n" + " # context\n" * 40
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def runs(count: int, seed: int = 1) -> Iterator[HistoryRecord]:
    """As many records, oldest first: most like the one before them, as they are in life."""
    chance = random.Random(seed)
    apart_s = 100 * 86_400 // max(count, 1)  # the server forgets what is older than a year
    begun = time.time() - count * apart_s
    for number in range(count):
        at = time.gmtime(begun + number * apart_s)
        yield a_run(chance, number, time.strftime("%Y-%m-%dT%H:%M:%SZ", at))


def a_run(chance: random.Random, number: int, recorded_at: str) -> HistoryRecord:
    """One record."""
    project, category = f"project-{number % PROJECTS}", f"category_{number // PROJECTS % CATEGORIES}"
    is_broken = number % 10 == 9
    tests = {f"tests/{category}/test_{file}.py": ("test_a", "test_b", "test_c") for file in range(200)}
    tests["tests/test_new.py"] = tuple(f"test_{each}" for each in range(number // 400))
    files = tuple(RecordedFile(path=path, outcome="collected", tests=3, seconds=0.01) for path in tests)
    return HistoryRecord(
        id=str(UUID(int=chance.getrandbits(128), version=4)),
        kind="check",
        recorded_at=recorded_at,
        project=project,
        category=category,
        branch=BRANCHES[number // 40 % 7 == 0],
        commit=f"{chance.getrandbits(160):040x}",
        files=files,
        files_total=len(files),
        files_blocked=3 if is_broken else 0,
        blocked_tests=9 if is_broken else 0,
        tests=600 + number // 400,
        nodeids=tests,
        causes=tuple(a_cause(number, each) for each in range(8)) if is_broken else (),
        imports=imports(number) if number % 20 == 0 else (),
        simulated_s=1.4,
        observed_s=8 + chance.random() * 4 if number % 3 == 0 else None,
        budget_s=10.0,
    )


def a_cause(number: int, each: int) -> RecordedCause:
    """A cause that stays for some records."""
    return RecordedCause(
        fingerprint=f"{number // 4000}-{each}",
        code="M101",
        severity="error",
        confidence="certain",
        scope="file",
        title="module moved",
        subject=f"module_{each}",
        message="it moved\n" * 5,
        evidence=("where it is now",) * 5,
        victims=tuple(f"tests/test_{file}.py" for file in range(20)),
        victim_count=20,
        blocked_tests=each + 1,
        fix=RecordedFix(title="follow it", patch=PATCH, state="proved"),
    )


def imports(number: int) -> tuple[RecordedImport, ...]:
    """A tree of imports."""
    return tuple(
        RecordedImport(
            name=f"package.module_{each}",
            file=f"package/module_{each}.py",
            asked_by=f"package/module_{(each - 1) // 3}.py" if each else "tests/conftest.py",
            line=1,
            seconds=5.0 / (each + 1),
            own_seconds=0.01 + number % 7 / 100,
        )
        for each in range(300)
    )


class Server:
    """`muster serve` over the database at `url`, as a process of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        environ = {**os.environ, "MUSTER_HISTORY_URL": url, "PYTHONPATH": str(HERE / "src")}
        words = [sys.executable, "-m", "muster", "serve", "--port", "0"]
        self._process = subprocess.Popen(words, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        told = self._process.stderr.readline()
        found = re.search(r":(\d+)/", told)
        if found is None:
            raise SystemExit(f"the server does not start: {told}{self._process.stderr.read()}")
        self.port = int(found[1])
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def kill(self) -> None:
        """SIGKILL: no handler of ours runs."""
        self._process.kill()
        self._process.wait()


def ask(connection: http.client.HTTPConnection, address: str) -> tuple[float, str]:
    """The seconds that a page took, and the page."""
    begun = time.perf_counter()
    while True:
        connection.request("GET", address)
        answer = connection.getresponse()
        content = answer.read().decode()
        if answer.status != 429:
            break
        time.sleep(float(answer.headers["Retry-After"]))
        begun = time.perf_counter()
    if answer.status != 200:
        raise SystemExit(f"{address}: {answer.status} {content[:200]}")
    return time.perf_counter() - begun, content


def push(connection: http.client.HTTPConnection, token: str, record: HistoryRecord) -> list[str]:
    """The ids that the server confirmed."""
    body = encode_push([encode_record(record)])
    connection.request("POST", "/api/v1/records", body, {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status in (429, 503):
        time.sleep(float(answer.headers["Retry-After"]))
        return push(connection, token, record)
    if answer.status != 200:
        raise SystemExit(f"push: {answer.status} {content[:200]!r}")
    told = json.loads(content)
    return [*told["accepted"], *told["known"]]


def time_pages(server: Server, store: DatabaseHistory) -> dict[str, list[float]]:
    """Each page by what it shows, with its seconds."""
    newest = store.recent(1)[0]
    probed = next(each.id for each in store.recent(200) if store.record(each.id).imports)  # type: ignore[union-attr]  # because it is there
    episode = store.open_causes()[0]
    changed = store.changed(1)[0].id
    cause = {"project": episode.project, "fingerprint": episode.fingerprint}
    pages = {
        "overview": "/",
        "overview of one project": "/?project=project-1",
        "overview of one category": "/?project=project-1&category=category_3",
        "causes": "/causes",
        "causes of one project": "/causes?project=project-1",
        "one cause": f"/cause?{urlencode(cause)}",
        "one file": f"/file?{urlencode({'id': newest.id, 'path': 'tests/test_new.py'})}",
        "runs": "/runs",
        "runs of one branch": "/runs?project=project-1&branch=release",
        "one run": f"/run?id={newest.id}",
        "one run with imports": f"/run?id={probed}",
        "tests lost and gained": "/changes",
        "those of one run": f"/change?id={changed}",
        "metrics": "/metrics",
        "healthz": "/healthz",
    }
    connection = server.connect()
    return {name: [ask(connection, address)[0] for _ in range(40)] for name, address in pages.items()}


def push_at_once(server: Server, store: DatabaseHistory, token: str) -> tuple[int, list[str], list[float]]:
    """How many runs were confirmed to all clients, which of them are gone, and the seconds of each push."""
    confirmed, seconds = set[str](), list[float]()

    def client(number: int) -> None:
        connection, chance = server.connect(), random.Random(number)
        for each in range(PUSHES):
            record = a_run(chance, number * PUSHES + each, NOW)
            begun = time.perf_counter()
            confirmed.update(push(connection, token, record))
            seconds.append(time.perf_counter() - begun)
            ask(connection, "/runs")

    in_threads(client, PUSHERS)
    return len(confirmed), [each for each in confirmed if store.summary(each) is None], seconds


def push_and_kill(url: str, folder: Path, token: str, turn: int) -> tuple[int, int, list[str]]:
    """How many runs were sent and confirmed until the server was killed, and which of the latter are gone after that."""
    server, confirmed, sent = Server(url, folder), set[str](), list[str]()

    def client(number: int) -> None:
        connection, chance = server.connect(), random.Random(f"{turn} {number}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            for each in range(100_000):
                record = a_run(chance, each, NOW)
                sent.append(record.id)
                confirmed.update(push(connection, token, record))

    killer = threading.Timer(1.0 + turn * 0.37, server.kill)
    killer.start()
    in_threads(client, 8)
    killer.join()
    again = Server(url, folder)
    try:
        connection = again.connect()
        ask(connection, "/healthz")
        with contextlib.closing(DatabaseHistory(url)) as store:
            gone = [each for each in confirmed if store.summary(each) is None or store.record(each) is None]
    finally:
        again.kill()
    return len(sent), len(confirmed), gone


def in_threads(work: Callable[[int], None], count: int) -> None:
    """Run `work` with each number at the same time."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(name: str, url: str, count: int, folder: Path) -> bool:
    """Fill and load one database, and print what came of it; whether all goals were met."""
    store = DatabaseHistory(url)
    token = fresh_token()
    issue_token(store, f"bench-{token[7:19]}", "write", token, NOW)
    begun = time.perf_counter()
    added = sum(store.add(each) for each in runs(count))
    print(f"\n{name}: {added} runs added in {time.perf_counter() - begun:.0f} s", flush=True)
    server = Server(url, folder)
    try:
        pages = time_pages(server, store)
        print("| page | median ms | p95 ms | worst ms |\n|---|---|---|---|")
        for page, seconds in pages.items():
            cuts = (statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1], max(seconds))
            print(f"| {page} | " + " | ".join(f"{each * 1000:.0f}" for each in cuts) + " |")
        confirmed, gone, seconds = push_at_once(server, store, token)
    finally:
        server.kill()
    print(
        f"{PUSHERS} clients at once: {confirmed} of {PUSHERS * PUSHES} runs confirmed, {len(gone)} of them lost; a push took",
        end=" ",
    )
    print(f"{statistics.median(seconds) * 1000:.0f} ms (median), {max(seconds) * 1000:.0f} ms at worst", flush=True)
    all_well = max(map(statistics.median, pages.values())) < GOAL_S and confirmed == PUSHERS * PUSHES and not gone
    for turn in range(KILLS):
        sent, safe, gone = push_and_kill(url, folder, token, turn)
        print(f"killed while 8 clients push: {sent} sent, {safe} confirmed, {len(gone)} of those lost", flush=True)
        all_well = all_well and not gone and safe > 0
    store.close()
    return all_well


def main() -> int:
    """0 where all goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--database", default="", metavar="URL")
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    chosen: Any = parser.parse_args()
    both = chosen.sqlite == chosen.postgresql
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="muster-serve-") as name:
        folder = Path(name)
        if chosen.database:
            return 0 if measure("the database", chosen.database, chosen.runs, folder) else 1
        if both or chosen.sqlite:
            outcomes.append(measure("SQLite", sqlite_url(str(folder / "history.db")), chosen.runs, folder))
        if both or chosen.postgresql:
            from tests.services.servers import PASSWORD, make_certificates, running_postgresql

            with running_postgresql(make_certificates(folder)) as (port, _):
                url = f"postgresql://app:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
                outcomes.append(measure("PostgreSQL", url, chosen.runs, folder))
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
