"""Keys and items are found where they stand, whatever stands in strings and arrays before them."""

from __future__ import annotations

import pytest

from muster.settings.tomllines import find_item_line, find_key_line

TEXT = '''\
title = "[tool.pytest]"
doc = """
[tool.pytest]
addopts = "in a string"
"""
list = [
  "addopts = 1",  # ]
  [1, 2],
]

[tool.pytest.ini_options]  # comment
addopts = "-x"
"quoted key" = 1
markers = [
    "slow: x",
    "fast: y",
]

[tool.muster.categories."a b"]
paths = ["t"]

[tool.other]
nested.deep = 1
inline = { x = 1 }
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 1),
        (("list",), 6),
        (("tool", "pytest", "ini_options"), 11),
        (("tool", "pytest", "ini_options", "addopts"), 12),
        (("tool", "pytest", "ini_options", "quoted key"), 13),
        (("tool", "muster", "categories", "a b", "paths"), 20),
        (("tool", "other", "nested", "deep"), 23),
        (("tool", "other", "inline", "x"), 24),
        (("tool", "other", "absent"), 22),
        (("absent",), 0),
    ],
)
def test_keys(key: tuple[str, ...], line: int) -> None:
    """A key that is not seen is found at what holds it."""
    assert find_key_line(TEXT, key) == line


def test_items() -> None:
    """An item of a list over several lines has its own line."""
    markers = ("tool", "pytest", "ini_options", "markers")
    assert [find_item_line(TEXT, markers, item) for item in ("slow: x", "fast: y", "gone")] == [15, 16, 14]
