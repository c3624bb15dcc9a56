"""Lines that fit a terminal: word wrap, labels and right-hand remarks, and colour. Text comes in escaped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from muster.render.escape import cell_width

MINIMUM_WIDTH = 40
# Lines longer than this are hard to read, however wide the terminal is.
MAXIMUM_WIDTH = 120


class Tone(Enum):
    """What a piece of text is, and so how it is coloured."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    ERROR = "1;31"
    GOOD = "32"
    WARNING = "33"
    NOTE = "36"


@dataclass(frozen=True, slots=True)
class Canvas:
    """The terminal that is written for: its width in columns, whether it takes colour, and how much to tell."""

    width: int = 80
    colour: bool = False
    verbose: bool = False

    @property
    def measure(self) -> int:
        """The columns that lines may take."""
        return max(MINIMUM_WIDTH, min(self.width, MAXIMUM_WIDTH))

    def paint(self, text: str, tone: Tone) -> str:
        """`text` in the colour of `tone`, where there is colour."""
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.colour and tone.value and text else text


def wrap_words(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at blanks; a word that is longer is broken anywhere."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if cell_width(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = _break_word(word, width)
        lines.extend(full)
    return [*lines, line] if line or not lines else lines


def pack_segments(segments: list[str], separator: str, width: int) -> list[str]:
    """`segments` in lines of at most `width` columns, broken only between them."""
    first, *rest = segments
    lines = [first]
    for segment in rest:
        candidate = lines[-1] + separator + segment
        if cell_width(candidate) <= width:
            lines[-1] = candidate
        else:
            lines.append(segment)
    return lines


def labelled(
    canvas: Canvas, label: str, text: str, *, indent: int, label_width: int, tone: Tone = Tone.PLAIN
) -> list[str]:
    """`text` wrapped beside `label`; the lines that follow stand under the first one's text."""
    margin = indent + label_width + 1
    first, *rest = wrap_words(text, max(canvas.measure - margin, 20))
    head = " " * indent + canvas.paint(label.ljust(label_width), Tone.FAINT) + " " + canvas.paint(first, tone)
    return [head, *(" " * margin + canvas.paint(line, tone) for line in rest)]


def with_remark(canvas: Canvas, lines: list[str], widths: list[int], remark: str, tone: Tone, indent: int) -> list[str]:
    """`lines` (of `widths` columns) with `remark` at the right edge of the first, else under them all."""
    if not remark:
        return lines
    painted = canvas.paint(remark, tone)
    gap = canvas.measure - widths[0] - cell_width(remark)
    if gap >= 2:
        return [lines[0] + " " * gap + painted, *lines[1:]]
    return [*lines, *(" " * indent + canvas.paint(line, tone) for line in wrap_words(remark, canvas.measure - indent))]


def _break_word(word: str, width: int) -> list[str]:
    """Pieces of at most `width` columns, broken behind a slash, comma or colon where there is one in the second half."""
    pieces: list[str] = []
    while cell_width(word) > width:
        fitting = _fitting_length(word, width)
        break_at = max(word.rfind(mark, 0, fitting) + 1 for mark in "/,:")
        length = break_at if break_at > fitting // 2 else fitting
        pieces.append(word[:length])
        word = word[length:]
    return [*pieces, word]


def _fitting_length(word: str, width: int) -> int:
    """How many characters of `word` take at most `width` columns; one at least."""
    taken = 0
    for length, character in enumerate(word):
        taken += cell_width(character)
        if taken > width:
            return max(length, 1)
    return len(word)
