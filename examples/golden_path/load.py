"""Many conversations at once: `python load.py [--conversations 200] [--questions 5] [--postgres]`.

Starts the real server, registers as many users, opens a WebSocket for each at the same time, and lets every user ask one
question after the other. A share of the connections is broken on purpose in the middle of a run. At the end each user must
have seen every event of every run once, in order, with the right answer, and nothing of anybody else's; the same is then
read again from the server. Exits with 1 where anything is missing, doubled, out of order or in the wrong stream.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chat.client import Conversation, Frame
from tests.infrastructure.chat_server import ChatServer, enter

IN_ORDER = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
# Every tenth question loses its connection after its second event.
BREAK_EVERY = 10
REGISTERING_AT_ONCE = 16


@dataclass
class Seen:
    """What one user saw: the events of each question, and how long each answer took."""

    user: int
    runs: list[list[Frame]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    broken: int = 0


async def converse(url: str, token: str, user: int, questions: int, start: asyncio.Event) -> Seen:
    seen = Seen(user)
    async with Conversation(url, token) as conversation:
        await start.wait()
        for number in range(questions):
            began = time.perf_counter()
            events = []
            async for event in conversation.ask(question(user, number)):
                events.append(event)
                if (user + number) % BREAK_EVERY == 0 and len(events) == 2:
                    await conversation.break_connection()
                    seen.broken += 1
            seen.runs.append(events)
            seen.seconds.append(time.perf_counter() - began)
    return seen


def question(user: int, number: int) -> str:
    """Arithmetic that no other user and no other turn asks."""
    return f"what is {user} * 1000 + {number}?"


def faults_of(seen: Seen, questions: int) -> Iterator[str]:
    """Everything that is wrong with what one user saw."""
    if len(seen.runs) != questions:
        yield f"user {seen.user} was answered {len(seen.runs)} times"
    if len({event["thread_id"] for run in seen.runs for event in run}) != 1:
        yield f"user {seen.user} saw more than one thread"
    for number, run in enumerate(seen.runs):
        where = f"user {seen.user}, question {number}"
        if tuple(event["type"] for event in run) != IN_ORDER:
            yield f"{where}: {[event['type'] for event in run]}"
        if [event["sequence"] for event in run] != list(range(1, len(IN_ORDER) + 1)):
            yield f"{where}: numbers {[event['sequence'] for event in run]}"
        if len({event["run_id"] for event in run}) != 1:
            yield f"{where}: more than one run"
        if run[-1]["data"].get("answer") != f"{seen.user} * 1000 + {number} = {seen.user * 1000 + number}":
            yield f"{where}: {run[-1]['data']}"


async def read_again(url: str, token: str, seen: Seen) -> list[str]:
    """What differs between what was seen and what the server replays."""
    faults = []
    async with Conversation(url, token) as conversation:
        for number, run in enumerate(seen.runs):
            again = [event async for event in conversation.resume(run[0]["run_id"])]
            if again != run:
                faults.append(f"user {seen.user}, question {number}: replayed differently")
    return faults


async def load(url: str, conversations: int, questions: int) -> int:
    """Runs it all; returns the exit code."""
    entering = asyncio.Semaphore(REGISTERING_AT_ONCE)

    async def token_of_new_user() -> str:
        async with entering:
            return await enter(url)

    began = time.perf_counter()
    tokens = await asyncio.gather(*(token_of_new_user() for _ in range(conversations)))
    print(f"{conversations} users registered and logged in, {time.perf_counter() - began:.1f} s", flush=True)

    start = asyncio.Event()
    talking = [asyncio.create_task(converse(url, token, user, questions, start)) for user, token in enumerate(tokens)]
    await asyncio.sleep(1)
    began = time.perf_counter()
    start.set()
    everyone = await asyncio.gather(*talking)
    took = time.perf_counter() - began

    faults = [fault for seen in everyone for fault in faults_of(seen, questions)]
    for differences in await asyncio.gather(*map(read_again, [url] * len(tokens), tokens, everyone)):
        faults.extend(differences)
    runs = [run for seen in everyone for run in seen.runs]
    if len({run[0]["run_id"] for run in runs}) != len(runs):
        faults.append("two users share a run")
    report(everyone, took, faults)
    return 1 if faults else 0


def report(everyone: list[Seen], took: float, faults: list[str]) -> None:
    answers = sorted(second for seen in everyone for second in seen.seconds)
    events = sum(len(run) for seen in everyone for run in seen.runs)
    broken = sum(seen.broken for seen in everyone)
    print(f"{len(answers)} runs, {events} events in {took:.1f} s: {events / took:.0f} events a second")
    middle, late = statistics.median(answers), answers[int(len(answers) * 0.99) - 1]
    print(f"an answer took {middle:.2f} s in the middle, {late:.2f} s at 99 %; {broken} connections were broken")
    print("\n".join(faults[:20]) or "no event lost, doubled, out of order or in another user's stream")


@contextmanager
def database(folder: Path, postgres: bool) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{folder / 'chat.db'}"
        return
    from tests.infrastructure.postgres import new_database, running_postgres

    with running_postgres() as url:
        yield new_database(url)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--questions", type=int, default=5)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own, instead of SQLite")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        database(Path(folder), options.postgres) as url,
        ChatServer(Path(folder), CHAT_DATABASE_URL=url, CHAT_EMBEDDED_PAUSE_S="0.05") as server,
    ):
        print(f"{options.conversations} conversations on {'PostgreSQL' if options.postgres else 'SQLite'}")
        return asyncio.run(load(server.url, options.conversations, options.questions))


if __name__ == "__main__":
    sys.exit(main())
