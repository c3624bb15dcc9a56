"""Whatever a project calls its files, tests and modules: every rendering stays within its grammar, and still shows the name.

Each is read by a parser of its own kind. What the parser makes of it is compared with what it makes of a harmless name: the
same elements, tokens or keys, and the hostile text only where text belongs.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from markdown_it import MarkdownIt
from tests.unit.render.hostile import HOSTILE, hostile_report

from muster.render.escape import escape_lines, escape_text, has_unsafe
from muster.render.formats import FORMATS, Materials, render_report
from muster.render.github import MOST_ANNOTATIONS
from muster.render.layout import Canvas
from muster.render.schema import report_schema
from muster.wiring import read_data, read_page_or_nothing

MATERIALS = Materials(canvas=Canvas(100, False, True), prefix="", page=read_page_or_nothing, template=read_data)
HARMLESS = "name"
SARIF_SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4000)
def rendered(format_: str, text: str) -> str:
    return render_report(hostile_report(text), format_, MATERIALS)


def offenders(check: Callable[[str], object], names: Sequence[str] = HOSTILE) -> dict[str, str]:
    """The hostile names for which `check` fails, each with why."""
    found = {}
    for text in names:
        try:
            check(text)
        except Exception as error:
            found[text[:60]] = f"{type(error).__name__}: {error}"[:600]
    return found


def shown(text: str) -> str:
    """How the first line of `text` is to be read."""
    return escape_lines(text)[0].replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def test_there_are_enough_hostile_names() -> None:
    assert len(HOSTILE) >= 200


@pytest.mark.parametrize("format_", FORMATS)
def test_every_rendering_is_utf_8_without_controls(format_: str) -> None:
    def check(text: str) -> None:
        printed = rendered(format_, text)
        printed.encode("utf-8")
        assert not has_unsafe("".join(set(printed) - {"\n"}))

    assert offenders(check) == {}


@pytest.mark.parametrize("format_", ["json", "sarif", "gitlab"])
def test_every_text_in_json_is_unicode(format_: str) -> None:
    """Strict readers refuse a file over one lone surrogate."""

    def check(text: str) -> None:
        json.dumps(json.loads(rendered(format_, text)), ensure_ascii=False).encode("utf-8")

    assert offenders(check) == {}


def test_json_is_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(report_schema())
    assert offenders(lambda text: validator.validate(json.loads(rendered("json", text)))) == {}


def test_sarif_is_the_official_schema_and_its_messages_hold_neither_links_nor_placeholders() -> None:
    validator = jsonschema.Draft4Validator(SARIF_SCHEMA)

    def check(text: str) -> None:
        log = json.loads(rendered("sarif", text))
        validator.validate(log)
        for result in log["runs"][0]["results"]:
            message = result["message"]["text"]
            assert "](" not in message
            assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", message)
            for location in [*result["locations"], *result.get("relatedLocations", ())]:
                artifact = location["physicalLocation"]["artifactLocation"]
                assert urlsplit(artifact["uri"]).scheme == ("" if "uriBaseId" in artifact else "file")
                assert not urlsplit(artifact["uri"]).netloc

    assert offenders(check) == {}


def test_the_paths_of_sarif_are_those_of_the_project() -> None:
    def check(text: str) -> None:
        log = json.loads(rendered("sarif", text))
        uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        path = unquote_to_bytes(uri.removeprefix("file://"))
        wanted = text.encode("utf-8", "surrogateescape")
        assert path.lstrip(b"/") == wanted.lstrip(b"/")

    encodable = [text for text in HOSTILE if not re.search("[\ud800-\udc7f\udd00-\udfff]", text)]
    assert {text: why for text, why in offenders(check).items() if text in encodable} == {}


def test_junit_is_read_back_with_the_same_cases() -> None:
    harmless = skeleton_of_xml(rendered("junit", HARMLESS))

    def check(text: str) -> None:
        printed = rendered("junit", text)
        assert skeleton_of_xml(printed) == harmless
        suites = junitparser.JUnitXml.fromstring(printed.encode("utf-8"))
        cases = [case for suite in suites for case in suite]
        assert [type(case.result[0]).__name__ for case in cases] == ["Error", "Failure"]
        assert cases[0].result[0].message.startswith(shown(text)[:50].rstrip())

    assert offenders(check) == {}


def skeleton_of_xml(printed: str) -> list[tuple[str, list[str]]]:
    root = ElementTree.fromstring(printed.encode("utf-8"))
    return [(found.tag, sorted(found.attrib)) for found in root.iter()]


def test_annotations_are_what_the_runner_reads() -> None:
    def check(text: str) -> None:
        lines = rendered("github", text).split("\n")
        assert lines.pop() == ""
        assert len(lines) <= MOST_ANNOTATIONS
        commands = [parse_command(line) for line in lines]
        assert [command for command, _, _ in commands] == ["error", "error", "warning", "warning"]
        assert commands[0][1] == {"title": "muster gate: categories"}
        for _, properties, data in commands[1:]:
            assert set(properties) - {"col"} <= {"file", "line", "endLine", "title"}
            assert properties["file"] == escape_text(text)
            assert data
        assert commands[1][1]["line"] == "43"

    assert offenders(check) == {}


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as actions/runner takes it apart (ActionCommand.TryParseV2)."""
    line = line.lstrip()
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, listed = line[2:end].partition(" ")
    pairs = [pair.split("=", 1) for pair in listed.strip().split(",") if pair]
    properties = {
        pair[0]: unescape(pair[1], {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})
        for pair in pairs
        if len(pair) == 2
    }
    return name, properties, unescape(line[end + 2 :], {"%0D": "\r", "%0A": "\n"})


def unescape(text: str, mapping: dict[str, str]) -> str:
    for token, character in mapping.items():
        text = text.replace(token, character)
    return text.replace("%25", "%")


def test_gitlab_takes_every_entry() -> None:
    def check(text: str) -> None:
        entries = json.loads(rendered("gitlab", text))
        assert len(entries) == 3
        assert len({entry["fingerprint"] for entry in entries}) == 3
        for entry in entries:
            assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert entry["location"]["lines"]["begin"] >= 1

    assert offenders(check) == {}


def test_markdown_shows_names_as_code_only() -> None:
    harmless = skeleton_of_markdown(rendered("markdown", HARMLESS))
    assert "code_inline" in harmless
    assert offenders(lambda text: same(skeleton_of_markdown(rendered("markdown", text)), harmless)) == {}


def skeleton_of_markdown(printed: str) -> list[str]:
    """The kinds of the tokens, links with their targets, and whatever stands outside of code."""
    parser = MarkdownIt("gfm-like")
    found = []
    for token in parser.parse(printed):
        found.append(token.type)
        for child in token.children or ():
            shown = (
                str(child.attrs["href"]) if child.type == "link_open" else child.content if child.type == "text" else ""
            )
            found.append(f"{child.type} {shown}".strip())
    return found


def same(first: object, second: object) -> None:
    assert first == second


def test_html_holds_names_in_text_nodes_only() -> None:
    harmless = Page.of(rendered("html", HARMLESS))

    def check(text: str) -> None:
        page = Page.of(rendered("html", text))
        same(page.elements, harmless.elements)
        same(page.sources, harmless.sources)
        assert shown(text)[:100].strip() in page.text

    assert offenders(check) == {}


class Page(HTMLParser):
    """The elements of a page with their attributes, its style and script, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.sources: list[str] = []
        self.text = ""

    @classmethod
    def of(cls, printed: str) -> Page:
        page = cls()
        page.feed(printed)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("style", "script") and data.strip():
            self.sources.append(data)
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", ()))
