"""The runs of this server: started once, followed by anyone who may, taken up again after a restart.

One server works on one database: every run that is open there has its journal here.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from chat.agent import run_agent
from chat.database import Database
from chat.events import Event
from chat.journal import Journal
from chat.language_model import LanguageModel
from chat.refusal import Refusal
from chat.storage import Run, find_request, find_run, insert_event, insert_run, list_events, take_open_runs
from chat.tools import Toolbox

# A run that ends the server each time it is taken up must not do so for ever.
MOST_ATTEMPTS = 3

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks; `thread_id` None opens a new thread, `request_id` lets the client ask again safely."""

    text: str
    thread_id: str | None = None
    request_id: str | None = None


class Runs:
    """Every open run, by id."""

    def __init__(self, database: Database, model: LanguageModel) -> None:
        self._database = database
        self._model = model
        self._open: dict[str, Journal] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def recover(self) -> None:
        """Take up what the last server left open; call it before the first question."""
        for run, recorded in await self._database.write(take_open_runs):
            journal = Journal(run, self._record, recorded)
            if run.attempts > MOST_ATTEMPTS:
                await journal.record("agent_failed", {"reason": f"interrupted {MOST_ATTEMPTS} times"})
            else:
                self._work_on(journal)

    async def close(self) -> None:
        """Stop working; what is open stays open in the database, for the next server."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def start(self, user_id: str, question: Question) -> Journal:
        """The journal of a new run, its message stored; of the earlier run where this request was sent before."""
        # In a task of its own: a client that leaves now must not leave a stored message that nobody works on.
        return await asyncio.shield(self._keep(asyncio.create_task(self._start(user_id, question))))

    async def _start(self, user_id: str, question: Question) -> Journal:
        if earlier := await self._find_request(user_id, question):
            return earlier
        journal = Journal(_new_run(user_id, question), self._record)
        # Known here before the database knows it, so that whoever finds the run there finds its journal too.
        self._open[journal.run.id] = journal
        try:
            await journal.record("agent_started", {"model": self._model.name})
        except BaseException as error:
            del self._open[journal.run.id]
            if isinstance(error, IntegrityError) and (earlier := await self._find_request(user_id, question)):
                return earlier
            raise
        self._work_on(journal)
        return journal

    async def find(self, user_id: str, run_id: str) -> Journal:
        """The journal of this user's run, open or closed; raises `Refusal` where the user has no such run."""
        run = await self._database.read(lambda connection: find_run(connection, user_id, run_id))
        if run is None:
            # The same words whether the run is another user's or nobody's.
            raise Refusal("run_not_found", f"you have no run '{run_id}'", 404)
        return await self._journal_of(run)

    async def _find_request(self, user_id: str, question: Question) -> Journal | None:
        request_id = question.request_id
        if request_id is None:
            return None
        run = await self._database.read(lambda connection: find_request(connection, user_id, request_id))
        if run is None:
            return None
        if run.text != question.text:
            raise Refusal("request_id_taken", f"request '{request_id}' asked something else before", 409)
        return await self._journal_of(run)

    async def _journal_of(self, run: Run) -> Journal:
        if journal := self._open.get(run.id):
            return journal
        recorded = await self._database.read(lambda connection: list_events(connection, run))
        journal = Journal(run, self._record, recorded)
        if not journal.is_closed:
            # Its work ended here without an end of its own: the next server takes it up.
            journal.break_off()
        return journal

    def _work_on(self, journal: Journal) -> None:
        self._open[journal.run.id] = journal
        self._keep(asyncio.create_task(self._bring_to_its_end(journal)))

    def _keep(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        """`task`, held until it is done: the event loop alone would let it be collected."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _bring_to_its_end(self, journal: Journal) -> None:
        try:
            await run_agent(journal, self._model, Toolbox(self._database, journal.run))
        except Exception:
            log.exception("run %s cannot go on", journal.run.id)
        finally:
            if not journal.is_closed:
                journal.break_off()
            del self._open[journal.run.id]

    async def _record(self, run: Run, event: Event) -> None:
        keep = insert_run if event.sequence == 1 else insert_event
        await self._database.write(lambda connection: keep(connection, run, event))


def _new_run(user_id: str, question: Question) -> Run:
    return Run(
        id=uuid4().hex,
        thread_id=question.thread_id or uuid4().hex,
        user_id=user_id,
        message_id=uuid4().hex,
        text=question.text,
        request_id=question.request_id,
        opens_thread=question.thread_id is None,
    )
