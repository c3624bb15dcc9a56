"""Names as an attacker would choose them, and a report in which every free text is one of them."""

# ruff: noqa: E501  # because these are lists, not prose

from __future__ import annotations

import functools
import typing
from typing import Any

import msgspec
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster.model.report import (
    Acceptance,
    BareComparison,
    BaselineChange,
    BaselineLoss,
    BaselineReport,
    CandidateReport,
    GateReport,
    GateRule,
    NewlyBlocked,
    Renaming,
    Report,
    Since,
)

_HTML = """\
<script>alert(1)</script>|<img src=x onerror=alert(1)>|</script><script>alert(1)</script>|"><svg onload=alert(1)>|' onmouseover='alert(1)
<style>*{display:none}</style>|</style>|</title>|</pre></code>|<!--|-->|<![CDATA[|]]>|<?xml version="1.0"?>|<!DOCTYPE html>|<base href=//evil>
<iframe srcdoc="<script>alert(1)</script>">|<a href="javascript:alert(1)">x</a>|<meta http-equiv=refresh content=0>|&lt;b&gt;|&amp;|&#60;|&#x3c;
&copy|&notanentity;|<b|<|>|"|'|`|&|</|<>|<x y=`z`>|<math><mi//xlink:href="data:x,<script>alert(1)</script>">|<plaintext>|<noscript>|<template>
{{7*7}}|{% raw %}|${7*7}|#{7*7}|<%= 7 %>|{0}|{1}{2}|{{|}}|%s%n%d|%(x)s|$(id)|`id`|; rm -rf /|| id|&& id|\\"; id; \\"|$HOME|~root|!history
<!ENTITY x SYSTEM "file:///etc/passwd">|&x;|<xi:include href="file:///etc/passwd"/>|<details open ontoggle=alert(1)>|</summary>|</dd></dl>|<slot>"""

_COMMANDS = """\
::error::x|::set-env name=PATH::/evil|::add-mask::e|::stop-commands::x|::x::|  ::warning file=a::b|##[error]x|##[add-path]/evil|##vso[task.setvariable]
a::b|a,b=c|file=x,line=1|%0A::error::x|%0D%0A::error::x|%25|%3A%2C|%|::|:::|::error file=a,title=%3A::|::endgroup::|::group::x|::debug::x
::save-state name=a::b|::set-output name=a::b|::add-matcher::x.json|::notice|=|,|==,|title=a::|[command]ls|##[group]|##[section]|::ERROR::x"""

_MARKDOWN = """\
# heading|## Muster: nothing is blocked|- item|1. item|> quote|***|---|===|~~~|```|````|`````````|``|`a`|``a``|```\n# x\n```|a`b|`|` `
[link](http://evil)|![image](http://evil/x.png)|[ref]: http://evil|[a][ref]|[link](1)|[a](sarif:/runs/0)|](x)|[x](javascript:alert(1))|<http://evil>
http://evil.example|www.evil.example|mail@evil.example|@everyone|@org/team|#1|GH-1|org/repo#1|0123456789abcdef0123456789abcdef01234567|**bold**|_x_
~~x~~|:smile:|\\|\\\\|\\`|a \\|\\n|\\x1b|\\u202e|a\\|$x$|$$x$$|[^1]|[^1]: note|- [x] done|<br>|<!-- comment -->|a  |\ta|    code|+ a|* a
|a|b|\n|---|---|\n|1|2||<details><summary>x</summary>|</details>|[[wiki]]|{.class}|{#id}|:::note|$`x`$|> [!WARNING]|a\nb|```diff\n-x\n```"""

_TERMINAL = [
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "\x9b2J", "\x1b[2J\x1b[H", "\x1bc",
    "\rrewritten", "two\nlines", "two\r\nlines", "back\x08space", "bell\x07", "nul\x00", "del\x7f", "\u202egnp.yp", "\u2066isolate\u2069",
    "\u200bzero\u200dwidth\ufeff", "line\u2028separator\u2029", "tag\U000e0041", "bytes\udcff\udc80", "lone\ud800", "lone\udfff",
    "pair\ud83d\ude00", "private\ue000", "hangul\u3164filler", "soft\u00adhyphen", "\u061cmark", "\ufffe", "\uffff", "\U0001fffe",
    "\U0010ffff", "\ufdd0", "\x0b", "\x0c", "\x1c\x1d\x1e\x1f", "\x85", "\xa0", "\x01\x02\x03", "\x1b", "\x1bP1;2|\x1b\\", "\x1b_x\x1b\\",
    "\t", "a\tb", "\n", "\n\n\n", "\r", " ", "  lead", "trail  ", "\x1b]52;c;ZXZpbA==\x07", "\x1b[?1049h", "\x9d0;x\x9c", "\x18\x1a",
    "e\u0301" * 20, "Z\u0351\u0352" * 50, "\u0645\u0631\u062d\u0628\u0627", "\u65e5\u672c\u8a9e", "\U0001f389", "\U0001f1e9\U0001f1ea",
]  # fmt: skip

_PATHS = """\
../../../etc/passwd|/etc/passwd|//evil/share|C:\\Windows|C:/x|file:///etc/passwd|http://evil/x.py|javascript:alert(1)|data:text/html,x|a?b|a#b
a b.py|a%20b.py|%2e%2e/x|a:b.py|:|.|..|./a|a//b|-rf|--help|-|~|con.py|a;b|a&b|a=b|tests/test_[x].py::test[a]|tests/t.py::T::m[x-y]|*|?|NUL
test_a.py::test_b[<x>]|tests/ünïcode.py|a\\b.py|a\"b.py|a'b.py|=cmd()|+1+1|@SUM(1)|{a,b}|null|true|NaN|0|1e999|undefined|__proto__|constructor"""

_LONG = ["x" * 10_000, "<b>`::" * 1_667, "\x1b[31m\n" * 1_667]


def _split(text: str) -> list[str]:
    return [part for line in text.split("\n") for part in line.split("|") if part]


HOSTILE = list(
    dict.fromkeys(
        [
            *_split(_HTML),
            *_split(_COMMANDS),
            *_split(_MARKDOWN),
            *_TERMINAL,
            *_split(_PATHS),
            *_LONG,
            _MARKDOWN,
            _HTML,
            "|",
        ]
    )
)

# What is ours, whatever the project is: codes, states, times, versions.
_OURS = {"schema", "muster", "started_at", "code", "severity", "python", "pytest", "import_mode"}


@functools.lru_cache(maxsize=1000)
def hostile_report(text: str) -> Report:
    """A report with one of everything, in which every free text is `text`."""
    causes = (
        msgspec.structs.replace(
            polluted_path(),
            since=Since(commit="", author="", date="", subject=""),
            candidates=(
                CandidateReport(
                    module="", name="", change="moved", path="", commit="", why=("",), tied=False, renamed={"": ""}
                ),
            ),
            lost=("",),
        ),
        lost_tests(),
        msgspec.structs.replace(lost_tests(), id=3, accepted=Acceptance(reason="", expires="")),
    )
    baseline = BaselineReport(
        base="",
        lost=(BaselineLoss(nodeid="", cause=1, commit=""),),
        deleted=("",),
        renamed=(Renaming(before="", after=""),),
        gained=("",),
        against="",
        tests=1,
        changes=(BaselineChange(cause=1, change="", tests=1, since=Since(commit="", author="", date="", subject="")),),
        blocked=(NewlyBlocked(path="", cause=1, tests=1),),
        bare=(BareComparison(subject="", reason=""),),
    )
    rule = GateRule(rule="categories", state="failed", message="", advice="")
    gate = GateReport(
        passed=False, exit_code=1, rules=(rule, GateRule(rule="causes", state="failed", message="", advice=""))
    )
    whole = report(causes=causes, baseline=baseline, notes=("",), gate=gate)
    return typing.cast(Report, _filled(whole, text))


@functools.cache
def _free_fields(type_: type[msgspec.Struct]) -> tuple[str, ...]:
    hints = typing.get_type_hints(type_)
    return tuple(name for name in hints if name not in _OURS and typing.get_origin(hints[name]) is not typing.Literal)


def _filled(value: Any, text: str) -> Any:
    """`value` with `text` in the place of every free text in it."""
    if isinstance(value, msgspec.Struct):
        changes = {name: _filled(getattr(value, name), text) for name in _free_fields(type(value))}
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(_filled(element, text) for element in value)
    return text if isinstance(value, str) else value
