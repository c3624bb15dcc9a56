"""The streams and the terminal that we write to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import TextIO

from muster.render.layout import Canvas

_PIPE_WIDTH = 100


def prepare_streams() -> None:
    """Let no locale make output fail: what cannot be encoded is spelled as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def canvas_for(stream: TextIO, environ: Mapping[str, str], *, verbose: bool) -> Canvas:
    """The canvas that `stream` offers: its width (`COLUMNS` first), and colour as the environment wants it."""
    return Canvas(_width(stream, environ), _wants_colour(stream, environ), verbose)


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    if environ.get("COLUMNS", "").isdecimal() and int(environ["COLUMNS"]) > 0:
        return int(environ["COLUMNS"])
    if not stream.isatty():
        return _PIPE_WIDTH
    from shutil import get_terminal_size  # It brings archives and compression.

    return get_terminal_size((80, 24)).columns


def _wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """`NO_COLOR` beats `FORCE_COLOR` beats what the stream is (no-color.org: any value but the empty one counts)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def environment_variables() -> Mapping[str, str]:
    """The variables of this process."""
    return os.environ
