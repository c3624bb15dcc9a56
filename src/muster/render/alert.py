"""Alerts as messages. They go where nobody knows what a text may do: chats, mail, pages, telephones.

Names come from the examined project. Whatever could mean something to a service (a mention, a link, Markdown, HTML, a
line end) is replaced by what only looks like it, for no escape is one everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster.model.alert import RULES, AlertState, AlertTarget, Letter, Rule
from muster.render.escape import escape_text

MOST_LINES, MOST_CHARACTERS = 20, 1_800
"""Discord takes 2 000 characters, less than most."""

_LINE, _TITLE = 420, 120

_HARMLESS = str.maketrans(
    {
        "@": "＠",  # @everyone, @here, @channel, and addresses
        "<": "‹",  # <!channel>, <@U123>, <script>
        ">": "›",
        "&": "＆",  # &lt; that someone unescapes
        "*": "∗",
        "`": "ˋ",
        "~": "∼",
        "|": "¦",
        "[": "［",  # [text](address), ![image](address)
        "]": "］",
        "#": "＃",
        "$": "＄",  # formulas, and templates
        "{": "｛",
        "}": "｝",
    }
)

_WELL: dict[Rule, str] = {
    "missing": "it is found again",
    "blocked": "nothing is blocked any more",
    "budget": "collection is within its budget again",
    "slower": "collection takes as long as usual again",
    "lost": "they are there again",
    "services": "it answers again",
}


def harmless(text: str) -> str:
    """`text` on one line, with nothing in it that any service gives a meaning to."""
    plain = escape_text(text).translate(_HARMLESS)
    # A run of underscores at the edge of a word is emphasis; one between letters is not.
    plain = plain.replace("__", "＿＿") if "__" in plain else plain
    return plain.replace("://", ":∕∕").replace("www.", "www․")


def compose_letter(project: str, target: AlertTarget, states: Sequence[AlertState]) -> Letter:
    """What `states` of `project` tell `target`: what is wrong first, what is well again behind it."""
    firing = _in_order(state for state in states if state.state == "firing")
    well = _in_order(state for state in states if state.state == "ok")
    lines = [_firing_line(state) for state in firing] + [_well_line(state) for state in well]
    counts = [f"{len(firing)} new"] if firing else []
    counts += [f"{len(well)} over"] if well else []
    title = f"Muster: {_cut(harmless(project), _TITLE)}: {_noun(len(states))} ({', '.join(counts)})"
    return Letter(target, title, "\n".join(_fitting(lines)), is_good_news=not firing)


def compose_test(project: str, target: AlertTarget) -> Letter:
    """What only shows that `target` can be reached."""
    body = "This is a test. If you can read it, alerts of this project reach you here."
    return Letter(target, f"Muster: {_cut(harmless(project), _TITLE)}: test", body, is_good_news=True)


def well_again(rule: Rule) -> str:
    """What it means that `rule` is no longer broken."""
    return _WELL[rule]


def _in_order(states: Iterator[AlertState]) -> list[AlertState]:
    return sorted(states, key=lambda each: (RULES.index(each.rule), each.category, each.branch, each.subject))


def _firing_line(state: AlertState) -> str:
    return _cut(f"NEW   {_place(state)}: {harmless(state.text)}", _LINE)


def _well_line(state: AlertState) -> str:
    unheard = "; this could not be told then" if state.told == "ok" else ""
    story = f" (since {harmless(state.since)}: {harmless(state.text)}"
    return f"{_cut(f'OVER  {_place(state)}: {well_again(state.rule)}{story}', _LINE)}{unheard})"


def _place(state: AlertState) -> str:
    category = _cut(harmless(state.category), _TITLE)
    return f"{category} on {_cut(harmless(state.branch), _TITLE)}" if state.branch else category


def _fitting(lines: Sequence[str]) -> Iterator[str]:
    """As many of `lines` as a message takes, and how many there are besides."""
    room = MOST_CHARACTERS
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if number == MOST_LINES or room < 0:
            yield f"and {len(lines) - number} more: muster alerts"
            return
        yield line


def _noun(number: int) -> str:
    return "1 alert" if number == 1 else f"{number} alerts"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
