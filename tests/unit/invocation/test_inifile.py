"""INI files are read as iniconfig reads them, with the line of every value."""

from __future__ import annotations

import iniconfig
import pytest

from muster.invocation.inifile import IniError, IniValue, parse_ini

TEXTS = [
    "[pytest]\naddopts = -x\n  -q\nmarkers =\n  a: b ; no comment\n\n  # comment\n  c\n",
    "; c\n[a] # comment\nx: 1\ny = 1:2\nz : 1=2\n[b]\n",
    "[a]\nx=1\nx=2\n",
    "[a]\n[a]\n",
    "x=1\n",
    "[a]\njunk\n",
    "  x\n",
    "[a]\n  x\n",
    "[]\n",
    "[a\n",
    "[a]\nx=\n[b\n  c\n",
    "\ufeff[a]\nx=1",
    "[a]\r\nx=1\r\n",
    "[a]\nx=1\x0cy=2",
    "[a]\nx=1\n[b]\nq\n[b]\n",
    "x=1\n[a]\njunk",
    "[a]\n= 1\n",
    "[a]\n#\n;\nx = ##\n  ;\n",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_agrees_with_iniconfig(text: str) -> None:
    """Sections, values, lines and the words of errors."""
    try:
        config = iniconfig.IniConfig("f.ini", text)
        expected: object = {
            name: {key: (value, config.lineof(name, key)) for key, value in section.items()}
            for name, section in config.sections.items()
        }
    except iniconfig.ParseError as error:
        expected = str(error)
    try:
        sections = parse_ini("f.ini", text)
        found: object = {
            name: {key: (value.text, value.line) for key, value in entries.items()}
            for name, entries in sections.items()
        }
    except IniError as error:
        found = str(error)
    assert found == expected


def test_each_part_of_a_value_has_its_line() -> None:
    """An empty first part has none, as iniconfig leaves it out."""
    sections = parse_ini("f.ini", "[pytest]\nmarkers =\n  slow\n  # c\n  fast\nx = a\n  b\n")
    assert sections == {
        "pytest": {"markers": IniValue("slow\nfast", 2, (3, 5)), "x": IniValue("a\nb", 6, (6, 7))},
    }
