"""Whether a hook changes which items there are, read from its body."""

from __future__ import annotations

import pytest

from muster.collection.hookbodies import item_changes
from muster.facts.parse import parse_bodies


@pytest.mark.parametrize(
    "body",
    [
        "for item in items:\n        item.add_marker('slow')",
        "for item in items:\n        if 'x' in item.keywords:\n            item.add_marker(x)",
        "if len(items) > 1:\n        config.note = 1",
        "for i, item in enumerate(items):\n        item.user_properties.append(i)",
        "names = []\n    names.append(1)\n    del names[0]",
    ],
)
def test_a_hook_that_only_adds_markers_is_harmless(body: str) -> None:
    assert item_changes(parsed(body), "items") == ""


@pytest.mark.parametrize(
    ("body", "change"),
    [
        ("items[:] = [item for item in items if item]", "may drop or reorder items"),
        ("if x:\n        items.remove(items[0])", "may drop or reorder items"),
        ("items.sort()", "may drop or reorder items"),
        ("del items[0]", "may drop or reorder items"),
        ("items += more", "may add items"),
        ("session.items = []", "may drop or reorder items"),
        ("config.hook.pytest_deselected(items=[])", "deselects items"),
        ("for item in items:\n        item._nodeid = 'x'", "may rename items"),
        ("helper(items)", "hands the items on"),
    ],
)
def test_a_hook_that_touches_the_list_is_named(body: str, change: str) -> None:
    assert item_changes(parsed(body), "items") == change


def parsed(body: str) -> object:
    """The statements of a hook with this body."""
    source = f"def pytest_collection_modifyitems(session, config, items):\n    {body}\n"
    return parse_bodies(source.encode(), (3, 12)).by_line[1].statements
