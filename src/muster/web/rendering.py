"""Templates into pages. Every value of a template passes `visible` and then the autoescape: there is no other way into a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from muster import __version__
from muster.render.escape import escape_lines, escape_text
from muster.render.quantity import render_count, render_quantity, render_seconds
from muster.web.assets import Asset, read_templates

Renderer = Callable[..., str]

_NO_COMMIT = Markup('<span class="faint">no commit</span>')
_NOT_MEASURED = Markup('<span class="faint">not measured</span>')


def make_renderer(assets: Mapping[str, Asset]) -> Renderer:
    """Gives `render(template, **values)`. A name that a template does not know is an error, not an empty place."""
    environment = Environment(
        loader=DictLoader(read_templates()),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        asset=lambda name: assets[name].address, link=link, version=__version__, signed_in=False, kept={}, page=""
    )
    environment.filters.update(
        time=time_shown,
        commit=commit_shown,
        measured=seconds_shown,
        lines=lines,
        diff=diff_lines,
        count=render_count,
        quantity=render_quantity,
        seconds=render_seconds,
    )
    return lambda template, **values: environment.get_template(template).render(values)


def visible(value: Any) -> Any:
    """`value` as a template shows it: text on one line, in which nothing is invisible or turns the reading direction."""
    if value is None:
        return ""
    return escape_text(value) if type(value) is str else value


def lines(text: str) -> Markup:
    """`text` as several lines, for where those are kept."""
    return escape("\n".join(escape_lines(text)))


# The three that stand in every row of a table are no macros: those take ten times as long.
def time_shown(at: str) -> Markup:
    """A time to the minute."""
    return Markup(f'<time datetime="{escape(visible(at))}">{escape(visible(at[:16].replace("T", " ")))}</time>')


def commit_shown(commit: str) -> Markup:
    """A commit's first digits."""
    return Markup(f"<code>{escape(visible(commit[:10]))}</code>") if commit else _NO_COMMIT


def seconds_shown(seconds: float | None) -> Markup | str:
    """Seconds that were measured, or not."""
    return _NOT_MEASURED if seconds is None else render_seconds(seconds)


def diff_lines(patch: str) -> list[tuple[str, Markup]]:
    """The lines of a unified diff, each with what it says of the file: `gone`, `come` or `same`."""
    tones = {"-": "gone", "+": "come"}
    shown = escape_lines(patch.rstrip("\n"))
    # `--- name` is a line of the file too, where it held `-- name`: it heads a file's changes before `+++` and `@@` only.
    heads = {
        number + below
        for number in range(len(shown) - 2)
        if shown[number].startswith("--- ") and shown[number + 1].startswith("+++ ") and shown[number + 2][:2] == "@@"
        for below in (0, 1)
    }
    return [
        ("same" if number in heads else tones.get(line[:1], "same"), escape(line)) for number, line in enumerate(shown)
    ]


def link(path: str, /, **query: str | int | None) -> str:
    """The address of one of our pages; whatever a name holds is only ever a value of its query."""
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path
