"""Where reports go: `--report FORMAT[=FILE]`, `--format FORMAT`, `-o FILE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.report import Report
from muster.render.layout import Canvas

FORMATS = ("text", "json")
_LATER = ("sarif", "junit", "github", "markdown", "gitlab", "html")
_FILE_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A format and the file for it; "" is standard output."""

    format: str
    path: str = ""


def parse_targets(reports: Sequence[str], format_: str, output: str) -> tuple[Target, ...]:
    """The reports to make, each once. Raises `UsageError` for an unknown format, or two for standard output."""
    targets = [_parse_target(text) for text in reports]
    if output or format_ != "text" or not any(not target.path for target in targets):
        targets.append(Target(_known_format(format_), "" if output == "-" else output))
    to_stdout = [target.format for target in targets if not target.path]
    if len(set(to_stdout)) > 1:
        raise UsageError(f"both {' and '.join(dict.fromkeys(to_stdout))} would go to standard output; give one a file")
    return tuple(dict.fromkeys(targets))


def write_report(report: Report, target: Target, *, verbose: bool) -> None:
    """Render `report` and put it where `target` says."""
    write_text(_render(report, target, verbose=verbose), target.path)


def write_text(text: str, path: str) -> None:
    """`text` to standard output, or to `path` whole or not at all."""
    if not path:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from muster.wiring import write_file

    write_file(path, text.encode("utf-8", "backslashreplace"))


def known_format(text: str) -> str:
    """`text` where it is a format of ours. Raises `UsageError` otherwise."""
    return _known_format(text)


def _parse_target(text: str) -> Target:
    format_, equals, path = text.partition("=")
    if equals and not path:
        raise UsageError(f"--report {text}: a file name is missing behind '='")
    return Target(_known_format(format_), "" if path == "-" else path)


def _known_format(text: str) -> str:
    if text in FORMATS:
        return text
    if text in _LATER:
        raise UsageError(f"the format '{text}' comes with a later release; now there are: {', '.join(FORMATS)}")
    raise UsageError(f"unknown format '{text}'; there are: {', '.join(FORMATS)}")


def _render(report: Report, target: Target, *, verbose: bool) -> str:
    if target.format == "json":
        from muster.render.json import render_json

        return render_json(report)
    from muster.render.text import render_text

    environ = environment_variables()
    canvas = Canvas(_FILE_WIDTH, False, verbose) if target.path else canvas_for(sys.stdout, environ, verbose=verbose)
    return render_text(report, canvas)
