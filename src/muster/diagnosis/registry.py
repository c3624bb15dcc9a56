"""The rules, in the order in which they are tried: the first that explains a root has it.

Rules that need a precise trace (the parser, a replaced module, a polluted path) come before those that argue from
absence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from muster.diagnosis import (
    m101_module_moved,
    m102_module_removed,
    m103_module_never_existed,
    m104_module_shadowed,
    m105_search_path_polluted,
    m106_module_not_on_path,
    m107_distribution_missing,
    m108_distribution_at_odds,
    m109_platform_only_module,
    m110_module_replaced,
    m201_name_moved,
    m202_name_renamed,
    m203_name_removed,
    m204_name_never_existed,
    m205_circular_import,
    m301_syntax_error,
    m302_undefined_name,
    m303_exception_at_import,
    m304_conftest_fails,
    m305_import_file_mismatch,
    m306_configuration_error,
    m307_unknown_marker,
    m308_session_dies,
    m309_fixture_or_signature,
    m401_class_with_init,
    m402_test_defined_twice,
    m403_outside_patterns,
    m404_excluded,
    m406_tests_lost,
    m407_module_level_skip,
    m408_decorated_away,
    m409_parameters_lost,
)
from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding
from muster.diagnosis.roots import Root
from muster.model.collection import Loss

Explain = Callable[[Root, Case], Finding | None]

FAILURE_RULES: tuple[Explain, ...] = (
    m301_syntax_error.explain,
    m305_import_file_mismatch.explain,
    m306_configuration_error.explain,
    m307_unknown_marker.explain,
    m308_session_dies.explain,
    m302_undefined_name.explain,
    m109_platform_only_module.explain,
    m110_module_replaced.explain,
    m105_search_path_polluted.explain,
    m104_module_shadowed.explain,
    m205_circular_import.explain,
    m106_module_not_on_path.explain,
    m108_distribution_at_odds.explain,
    m107_distribution_missing.explain,
    m101_module_moved.explain,
    m102_module_removed.explain,
    m103_module_never_existed.explain,
    m201_name_moved.explain,
    m202_name_renamed.explain,
    m203_name_removed.explain,
    m204_name_never_existed.explain,
    m309_fixture_or_signature.explain,
    m304_conftest_fails.explain,
    m303_exception_at_import.explain,
)


@dataclass(frozen=True, slots=True)
class LossRule:
    """How losses of one code are put together (`group`) and said (`explain`)."""

    group: Callable[[Loss, Case], tuple[str, ...]]
    explain: Callable[[tuple[Loss, ...], Case], Finding]


LOSS_RULES: dict[str, LossRule] = {
    "M401": LossRule(m401_class_with_init.group, m401_class_with_init.explain),
    "M402": LossRule(m402_test_defined_twice.group, m402_test_defined_twice.explain),
    "M403": LossRule(m403_outside_patterns.group, m403_outside_patterns.explain),
    "M404": LossRule(m404_excluded.group, m404_excluded.explain),
    "M406": LossRule(m406_tests_lost.group, m406_tests_lost.explain),
    "M407": LossRule(m407_module_level_skip.group, m407_module_level_skip.explain),
    "M408": LossRule(m408_decorated_away.group, m408_decorated_away.explain),
    "M409": LossRule(m409_parameters_lost.group, m409_parameters_lost.explain),
}


def explain_root(root: Root, case: Case) -> Finding:
    """The first rule's explanation; M303 takes whatever nobody else does."""
    for explain in FAILURE_RULES:
        finding = explain(root, case)
        if finding is not None:
            return finding
    raise AssertionError(f"no rule explains {root.key}")
