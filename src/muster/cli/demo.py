"""`muster demo`: a project whose tests went missing, and what the real commands say of it."""

from __future__ import annotations

import shlex

from muster.cli.check import run_check
from muster.cli.explain import run_explain
from muster.cli.reports import parse_targets, write_text
from muster.render.escape import escape_text
from muster.usecases.demo import write_demo
from muster.usecases.story import read_story
from muster.wiring import Choices, absolute_path, new_repository, read_story_text

DEFAULT_FOLDER = "muster-demo"
_VICTIM = "tests/mission_critical/test_connectivity.py"
_MODULE = "infrastructure.vpc_connectivity_fix"


def run_demo(folder: str) -> int:
    """Write the project into `folder`, run the commands on it, and leave it there; 0 once that is done."""
    place = absolute_path(folder or DEFAULT_FOLDER)
    story = read_story(read_story_text())
    write_demo(story, new_repository(place))
    _say(f"wrote {place}: a chat product and its tests in {len(story)} commits; all but the first did some harm")
    _say("its release depends on tests/mission_critical; pytest cannot even collect it. Why not?")
    _heading("cd " + shlex.quote(place), "muster check")
    _check(place)
    _heading(f"muster explain {_MODULE} --from {_VICTIM}")
    run_explain(Choices(root=place), _MODULE, f"{place}/{_VICTIM}")
    _heading("muster check -c mission_critical")
    _check(place, "mission_critical")
    _say("\nThe category alone lacks only its misspelt mark: its other file is broken by what is collected before it.")
    _say(
        f"The folder is yours now: cd {shlex.quote(place)}, put a line right, and ask again; git log tells who did what."
    )
    return 0


def _check(place: str, *categories: str) -> None:
    # Nobody asked for these: they are not recorded, and no alert of them goes to anybody.
    choices = Choices(root=place, categories=categories, record=False)
    run_check(choices, parse_targets([], "text", ""), verbose=False, confirm=False)


def _heading(*commands: str) -> None:
    _say("\n" + "\n".join(f"$ {command}" for command in commands))


def _say(text: str) -> None:
    write_text("\n".join(escape_text(line) for line in text.split("\n")) + "\n", "")
