"""The example's mission-critical suite, run for real: the chat server, its WebSocket and its events.

Also runs as a script: `python tests/mission_critical/test_websocket_agent_events_suite.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

# A script's folder is on the search path and the project's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytest
from tests.support.golden_path import EXAMPLE, Ran, run_python

SUITE = "tests/mission_critical/test_websocket_agent_events_suite.py"
# What the product is: none of these may go, be skipped, or lose a parameter that fails.
PROMISES = {
    "test_the_five_events_come_in_order",
    "test_every_event_says_where_it_belongs",
    "test_agent_started_names_the_model",
    "test_agent_thinking_says_what_it_will_do",
    "test_tool_executing_names_the_tool_and_its_arguments",
    "test_tool_completed_holds_the_result",
    "test_agent_completed_holds_the_answer",
    "test_tool_error_is_an_event_and_the_run_completes",
    "test_a_wrong_token_is_refused_and_the_connection_closed",
    "test_an_expired_token_is_refused",
    "test_two_users_at_once_see_their_own_events_only",
    "test_what_another_user_has_is_as_if_it_did_not_exist",
    "test_a_client_that_comes_back_gets_what_it_missed",
    "test_a_malformed_frame_is_an_error_and_the_connection_goes_on",
    "test_an_oversized_frame_closes_the_connection_and_says_why",
    "test_fifty_conversations_at_once",
}


def all_passed(ran: Ran, least: int) -> bool:
    """Whether at least so many tests passed, and none did anything else."""
    others = sum(ran.count(word) for word in ("failed", "error", "skipped", "xfailed", "deselected"))
    return ran.code == 0 and others == 0 and ran.count("passed") >= least


@pytest.mark.slow
def test_the_suite_of_the_example_passes_as_a_script() -> None:
    """`python tests/mission_critical/test_websocket_agent_events_suite.py` in the example, nothing skipped."""
    ran = run_python(EXAMPLE, SUITE, "-rA")
    assert all_passed(ran, least=45), ran.output
    assert ran.passed >= PROMISES


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
