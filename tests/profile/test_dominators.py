"""Dominators, held against what they mean: a node that is taken away takes with it what it dominates."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.profiling.dominators import dominated_weights, immediate_dominators

NODES = "abcdefg"
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)


def reached(edges: dict[str, set[str]], without: str = "") -> set[str]:
    """What the root `a` leads to when the node `without` is gone."""
    seen, waiting = set(), ["a"]
    while waiting:
        node = waiting.pop()
        if node != without and node not in seen:
            seen.add(node)
            waiting += edges.get(node, ())
    return seen


@given(EDGES)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_a_node_dominates_is_what_is_lost_without_it(pairs: list[tuple[str, str]]) -> None:
    edges: dict[str, set[str]] = {}
    for importer, imported in pairs:
        edges.setdefault(importer, set()).add(imported)
    weights = {node: 2.0**number for number, node in enumerate(NODES)}
    dominated = dominated_weights("a", edges, weights)
    assert dominated.keys() == reached(edges)
    for node in dominated.keys() - {"a"}:
        lost = reached(edges) - reached(edges, without=node)
        assert dominated[node] == sum(weights[each] for each in lost)


def test_the_dominator_of_a_diamond_is_where_it_begins() -> None:
    edges = {"a": {"b"}, "b": {"c", "d"}, "c": {"e"}, "d": {"e"}, "e": {"b"}}
    assert immediate_dominators("a", edges) == {"a": "a", "b": "a", "c": "b", "d": "b", "e": "b"}
