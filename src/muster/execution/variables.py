"""`os.environ` of the simulated process, which notes what is asked of it: a session depends on those variables and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from muster.execution.values import DictValue


class Variables(DictValue):
    """The variables. `looked` are the names that were asked for; `seen_whole` says that somebody went through all of them.

    Everything that reads a dictionary is overridden: even `dict(variables)` asks for `keys` where `__iter__` is overridden.
    """

    __slots__ = ("looked", "seen_whole")

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.looked: set[str] = set()
        self.seen_whole = False

    __hash__ = object.__hash__

    def content(self) -> dict[Any, Any]:
        """All of them, for ourselves: nothing is noted."""
        return dict(dict.items(self))

    def _look(self, name: object) -> None:
        if isinstance(name, str):
            self.looked.add(name)

    # One of them.

    def __getitem__(self, name: Any) -> Any:
        self._look(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._look(name)
        return super().__contains__(name)

    def __delitem__(self, name: Any) -> None:
        self._look(name)
        super().__delitem__(name)

    def get(self, name: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        self._look(name)
        return super().get(name, default)

    def pop(self, name: Any, *default: Any) -> Any:
        """As of a dictionary."""
        self._look(name)
        return super().pop(name, *default)

    def setdefault(self, name: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        self._look(name)
        return super().setdefault(name, default)

    # All of them.

    def __iter__(self) -> Iterator[Any]:
        self.seen_whole = True
        return super().__iter__()

    def __reversed__(self) -> Iterator[Any]:
        self.seen_whole = True
        return super().__reversed__()

    def __len__(self) -> int:
        self.seen_whole = True
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self.seen_whole = True
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        self.seen_whole = True
        return super().__ne__(other)

    def __or__(self, other: Any) -> Any:
        self.seen_whole = True
        return super().__or__(other)

    def __ror__(self, other: Any) -> Any:
        self.seen_whole = True
        return super().__ror__(other)

    def keys(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().keys()

    def values(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().values()

    def items(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().items()

    def copy(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().copy()

    def popitem(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().popitem()
