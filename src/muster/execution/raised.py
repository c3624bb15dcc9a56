"""A simulated exception on its way up, as a Python exception of the simulation's own."""

from __future__ import annotations

from typing import Any

from muster.model.collection import Confidence, FailureDetail, Frame, OtherFailure, RaisedException


class Raised(Exception):  # because it stands for any exception, errors or not
    """The simulated code raised `type_name(message)`.

    `bases` are the names of the classes it is an instance of (itself first), which is what `except` clauses test.
    `value` is the exception object. `frames` grows innermost first while the exception passes. `confidence` is less
    than certain where a branch that cannot be decided led here.
    """

    def __init__(
        self,
        type_name: str,
        message: str,
        bases: tuple[str, ...],
        detail: FailureDetail | None = None,
        value: Any = None,
    ) -> None:
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message
        self.bases = bases
        self.detail: FailureDetail = detail if detail is not None else OtherFailure()
        self.value = value
        self.frames: list[Frame] = []
        self.confidence = Confidence.CERTAIN
        self.cause: Raised | None = None
        self.allow_module_level = False
        """For `Skipped`: whether `allow_module_level=True` was given."""

    @property
    def is_skip(self) -> bool:
        """Whether this is pytest's `Skipped` (or `unittest.SkipTest`)."""
        return "Skipped" in self.bases or "SkipTest" in self.bases

    @property
    def ends_session(self) -> bool:
        """Whether pytest lets it through (`SystemExit`, `KeyboardInterrupt`, `Exit`), see `_pytest/runner.py`."""
        return bool({"SystemExit", "KeyboardInterrupt", "Exit"} & set(self.bases))

    def describe(self) -> RaisedException:
        """The frozen value for reports, frames outermost first."""
        return RaisedException(
            type=self.type_name,
            message=self.message,
            frames=tuple(reversed(self.frames)),
            detail=self.detail,
            confidence=self.confidence,
        )
