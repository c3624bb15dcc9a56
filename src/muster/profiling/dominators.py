"""Immediate dominators of a directed graph: the last node that every way from the root to a node leads through.

After K. D. Cooper, T. J. Harvey and K. Kennedy, "A Simple, Fast Dominance Algorithm" (2001): the sets are found as one tree,
by going over the nodes in reverse postorder until nothing changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

Edges = Mapping[str, Collection[str]]


def immediate_dominators(root: str, edges: Edges) -> dict[str, str]:
    """The immediate dominator of every node that `root` reaches; that of `root` is `root`."""
    order = _postorder(root, edges)
    position = {node: number for number, node in enumerate(order)}
    before: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for target in edges.get(node, ()):
            before[target].append(node)
    found = {root: root}
    is_settled = False
    while not is_settled:
        is_settled = True
        for node in reversed(order[:-1]):
            known = [each for each in before[node] if each in found]
            nearest = known[0]
            for other in known[1:]:
                nearest = _meeting(nearest, other, found, position)
            if found.get(node) != nearest:
                found[node] = nearest
                is_settled = False
    return found


def dominated_weights(root: str, edges: Edges, weights: Mapping[str, float]) -> dict[str, float]:
    """For every node that `root` reaches the weight of all that nothing else leads to, its own included."""
    dominators = immediate_dominators(root, edges)
    total = {node: weights.get(node, 0.0) for node in dominators}
    for node in _postorder(root, edges):
        if node != root:
            total[dominators[node]] += total[node]
    return total


def _meeting(one: str, other: str, found: Mapping[str, str], position: Mapping[str, int]) -> str:
    while one != other:
        while position[one] < position[other]:
            one = found[one]
        while position[other] < position[one]:
            other = found[other]
    return one


def _postorder(root: str, edges: Edges) -> list[str]:
    """Every reachable node after all that are first reached through it; `root` is the last."""
    order: list[str] = []
    seen = {root}
    waiting = [(root, iter(sorted(edges.get(root, ()))))]
    while waiting:
        node, targets = waiting[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                waiting.append((target, iter(sorted(edges.get(target, ())))))
                break
        else:
            order.append(node)
            waiting.pop()
    return order
