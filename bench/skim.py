"""How much faster skimming is than parsing, and whether it says the same: prints both for folders of Python files.

    python bench/skim.py FOLDER ...

CPU seconds of one process: `ast.parse` of every file, the full extraction (parse and IR), and the skimming extraction
with its parts. `different` must be 0; a doubted file is parsed whole by the caller, so doubts cost time and never
accuracy. Then wall seconds of the whole parser (`SourceParser.parse_many`: children, ruff, every doubt judged by the
compiler), and whether it refuses just the files that `compile` refuses.
"""

from __future__ import annotations

import argparse
import ast
import gc
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.adapters.parse_worker import parse_full
from muster.adapters.parsing import SourceParser
from muster.facts.module_facts import ModuleFacts, decode_facts, encode_facts
from muster.facts.skim import skim, skim_module

Source = tuple[str, bytes]


def main() -> int:
    """Print one table for all folders; 1 where skimming and parsing differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args().folders
    sources = [(str(path), path.read_bytes()) for folder in folders for path in sorted(folder.rglob("*.py"))]
    size = sum(len(source) for _, source in sources)
    print(f"{len(sources)} files, {size / 1e6:.1f} MB")
    gc.disable()
    warnings.simplefilter("ignore")
    return max(compare_skim(sources), compare_parser(sources))


def compare_skim(sources: list[Source]) -> int:
    """1 where the facts of a skimmed file are not those of the full parse."""
    target = sys.version_info[:2]
    parsed_s = cpu_seconds(lambda: [_parses(source) for _, source in sources])
    reduced: list[bytes | None] = []
    cut_s = cpu_seconds(lambda: reduced.extend(skim(source) for _, source in sources))
    skimmed: list[ModuleFacts | None] = []
    skimmed_s = cpu_seconds(lambda: skimmed.extend(skim_module(source, target=target) for _, source in sources))
    full: list[ModuleFacts] = []
    full_s = cpu_seconds(lambda: full.extend(parse_full(path, source, target) for path, source in sources))
    kept = sum(len(text) for text in reduced if text is not None)
    doubts = sum(facts is None for facts in skimmed)
    different = [
        path
        for (path, _), short, whole in zip(sources, skimmed, full, strict=True)
        if short is not None and whole.problem is None and encode_facts(short) != encode_facts(whole)
    ]
    hidden = sum(short is not None and whole.problem is not None for short, whole in zip(skimmed, full, strict=True))
    print(f"ast.parse              {parsed_s:7.2f} CPU-s")
    print(f"parse, compile, IR     {full_s:7.2f} CPU-s")
    print(
        f"skim, parse, IR        {skimmed_s:7.2f} CPU-s   {parsed_s / skimmed_s:.2f} times faster than ast.parse alone"
    )
    print(f"  of which the cutting {cut_s:7.2f} CPU-s   {kept / 1e6:.1f} MB left")
    print(f"doubted {doubts}, different {len(different)}, errors left for ruff to find {hidden}")
    for path in different:
        print(f"  different: {path}")
    return 1 if different else 0


def compare_parser(sources: list[Source]) -> int:
    """1 where the parser's verdict on a file is not the compiler's."""
    with SourceParser(sys.version_info[:2]) as parser, wall_clock() as seconds:
        records = parser.parse_many(sources)
    print(f"SourceParser.parse_many {seconds():6.2f} s wall")
    wrong = [
        path
        for (path, source), record in zip(sources, records, strict=True)
        if (decode_facts(record).problem is None) is not _compiles(source)
    ]
    print(f"verdicts that differ from compile(): {len(wrong)}")
    for path in wrong:
        print(f"  {path}")
    return 1 if wrong else 0


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of this process that `work` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


@contextmanager
def wall_clock() -> Iterator[Callable[[], float]]:
    """A function that returns the wall seconds of the block."""
    start = time.monotonic()
    end = None
    yield lambda: (end or time.monotonic()) - start
    end = time.monotonic()


def _parses(source: bytes) -> bool:
    try:
        return bool(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "compared.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
