"""Every format that a Report can have, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from muster.model.report import Report
from muster.render.layout import Canvas

FORMATS = ("text", "json", "sarif", "junit", "github", "markdown", "gitlab", "html")


def _nothing(name: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Materials:
    """What renderers are given besides the Report.

    `prefix` is the project's folder within its repository, with a slash at its end, or "". `page` reads the page of a
    cause, `template` a file of ours; both are only called for formats that need them.
    """

    canvas: Canvas = field(default_factory=Canvas)
    prefix: str = ""
    page: Callable[[str], str] = _nothing
    template: Callable[[str], str] = _nothing


def render_report(report: Report, format_: str, materials: Materials) -> str:
    """`report` in one of `FORMATS`. Each renderer is imported when it is asked for: a warm check has no time to lose."""
    match format_:
        case "json":
            from muster.render.json import render_json

            return render_json(report)
        case "sarif":
            from muster.render.sarif import render_sarif

            codes = {cause.code for cause in report.causes} | {problem.code for problem in report.problems}
            return render_sarif(report, materials.prefix, {code: materials.page(code) for code in codes})
        case "junit":
            from muster.render.junit import render_junit

            return render_junit(report, materials.prefix)
        case "github":
            from muster.render.github import render_github

            return render_github(report, materials.prefix)
        case "gitlab":
            from muster.render.gitlab import render_gitlab

            return render_gitlab(report, materials.prefix)
        case "markdown":
            from muster.render.markdown import render_markdown

            return render_markdown(report)
        case "html":
            from muster.render.html import render_html

            return render_html(report, materials.template("report.css"), materials.template("report.js"))
        case _:
            from muster.render.text import render_text

            return render_text(report, materials.canvas)
