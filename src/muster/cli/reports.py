"""Where reports go: `--report FORMAT[=FILE]`, `--format FORMAT`, `-o FILE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.report import Report
from muster.render.formats import FORMATS, Materials, render_report
from muster.render.layout import Canvas

PLAIN_FORMATS = ("text", "json")
"""Those of commands that print no Report."""
_FILE_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A format and the file for it; "" is standard output."""

    format: str
    path: str = ""


def parse_targets(reports: Sequence[str], format_: str, output: str) -> tuple[Target, ...]:
    """The reports to make, each once. Raises `UsageError` for an unknown format, or two for standard output."""
    targets = [parse_target(text) for text in reports]
    if output or format_ != "text" or not any(not target.path for target in targets):
        targets.append(Target(known_format(format_, FORMATS), "" if output == "-" else output))
    to_stdout = [target.format for target in targets if not target.path]
    if len(set(to_stdout)) > 1:
        raise UsageError(f"both {' and '.join(dict.fromkeys(to_stdout))} would go to standard output; give one a file")
    return tuple(dict.fromkeys(targets))


def parse_target(text: str, formats: Sequence[str] = FORMATS) -> Target:
    """`FORMAT` or `FORMAT=FILE`. Raises `UsageError` for a format that is none of `formats`."""
    format_, equals, path = text.partition("=")
    if equals and not path:
        raise UsageError(f"--report {text}: a file name is missing behind '='")
    return Target(known_format(format_, formats), "" if path == "-" else path)


def known_format(text: str, formats: Sequence[str] = PLAIN_FORMATS) -> str:
    """`text` where it is one of `formats`. Raises `UsageError` otherwise."""
    if text in formats:
        return text
    raise UsageError(f"unknown format '{text}'; there are: {', '.join(formats)}")


def write_report(report: Report, target: Target, *, verbose: bool) -> None:
    """Render `report` and put it where `target` says."""
    write_text(render_report(report, target.format, _materials(report, target, verbose=verbose)), target.path)


def write_text(text: str, path: str) -> None:
    """`text` to standard output, or to `path` whole or not at all."""
    if not path:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from muster.wiring import write_file

    write_file(path, text.encode("utf-8", "backslashreplace"))


def _materials(report: Report, target: Target, *, verbose: bool) -> Materials:
    if target.format == "text":
        in_file = Canvas(_FILE_WIDTH, False, verbose)
        environ = environment_variables()
        return Materials(canvas=in_file if target.path else canvas_for(sys.stdout, environ, verbose=verbose))
    from muster.wiring import read_data, read_page_or_nothing, repository_prefix

    return Materials(prefix=repository_prefix(report.root), page=read_page_or_nothing, template=read_data)
