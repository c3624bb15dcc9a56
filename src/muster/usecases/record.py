"""`muster baseline record`: the tests there are, kept in a file to be compared with where git cannot tell."""

from __future__ import annotations

import msgspec

from muster import __version__
from muster.comparison import Version, blocked_files
from muster.errors import UsageError
from muster.facts.blocks import Block
from muster.model.collection import Collection, CollectorReport, Item, Outcome
from muster.model.record import BaselineRecord, RecordedBlock, RecordedTest
from muster.ports import Clock
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.simulate import Ports, simulate

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(BaselineRecord)


def record(ports: Ports, clock: Clock, plan: Plan) -> BaselineRecord:
    """The record of the session in `plan`."""
    recorded_at = clock.now()
    simulation = simulate(ports, plan.request)
    collection, version = simulation.collection, Version.of_tree(ports.tree)
    behind = [item for _, items in collection.blocked for item in items]
    paths = dict.fromkeys((*collection.files, *(item.path for item in (*collection.items, *behind))))
    return BaselineRecord(
        schema="muster.baseline/1",
        muster=__version__,
        recorded_at=recorded_at,
        command=simulation.invocation.command,
        rootdir=relative_path(simulation.invocation.rootdir, plan.root),
        tests=tuple(
            RecordedTest(item.nodeid, relative_path(item.path, plan.root), item.line, item.expanded)
            for item in collection.items
        ),
        blocked=tuple(relative_path(path, plan.root) for path in blocked_files(collection)),
        files={
            relative_path(path, plan.root): tuple(_recorded(block) for block in version.blocks(path))
            for path in paths
            if path.endswith(".py")
        },
    )


def encode_record(made: BaselineRecord) -> bytes:
    """The record as a file, one test or file a line."""
    return msgspec.json.format(_encoder.encode(made), indent=1) + b"\n"


def decode_record(content: bytes, path: str) -> BaselineRecord:
    """The record in the file at `path`. Raises `UsageError` for anything else."""
    try:
        return _decoder.decode(content)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is no record of `muster baseline record`: {error}") from error


def recorded_collection(made: BaselineRecord, root: str) -> Collection:
    """The collection that was recorded, as far as a comparison needs it."""
    items = tuple(Item(test.nodeid, _absolute(test.path, root), test.line, test.expanded) for test in made.tests)
    reports = tuple(CollectorReport(path, _absolute(path, root), Outcome.FAILED) for path in made.blocked)
    files = tuple(dict.fromkeys(item.path for item in items))
    return Collection(files=files, items=items, reports=reports)


def recorded_version(made: BaselineRecord, root: str) -> Version:
    """The definitions that were recorded."""

    def read(path: str) -> tuple[Block, ...] | None:
        blocks = made.files.get(relative_path(path, root))
        return None if blocks is None else tuple(_block(block) for block in blocks)

    return Version(read)


def recorded_rootdir(made: BaselineRecord, root: str) -> str:
    """pytest's rootdir at that time."""
    return root if made.rootdir == "." else _absolute(made.rootdir, root)


def _recorded(block: Block) -> RecordedBlock:
    return RecordedBlock(
        block.names, block.kind, block.line, block.digest, block.bases, block.decorators, block.within, block.reads
    )


def _block(block: RecordedBlock) -> Block:
    return Block(
        block.names, block.kind, block.line, digest=block.digest, bases=block.bases, decorators=block.decorators,
        within=block.within, reads=block.reads,
    )  # fmt: skip


def _absolute(path: str, root: str) -> str:
    return path if path.startswith("/") else f"{root.rstrip('/')}/{path}"
