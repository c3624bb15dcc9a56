"""Which job of which CI this is, from the variables that it sets (each named in that CI's own documentation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CiJob:
    """A job: its name, its page, and the branch that it builds; all "" outside of CI."""

    name: str = ""
    url: str = ""
    branch: str = ""


def find_ci_job(environ: Mapping[str, str]) -> CiJob:
    """The job that `environ` tells of."""

    def get(*names: str) -> str:
        return next((environ[name] for name in names if environ.get(name)), "")

    if get("GITHUB_ACTIONS"):
        server, repository, run = get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("GITHUB_RUN_ID")
        url = f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
        name = _joined(get("GITHUB_WORKFLOW"), get("GITHUB_JOB"), get("GITHUB_RUN_NUMBER"))
        return CiJob(name, url, get("GITHUB_HEAD_REF", "GITHUB_REF_NAME"))
    if get("GITLAB_CI"):
        branch = get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH")
        return CiJob(_joined(get("CI_JOB_STAGE"), get("CI_JOB_NAME"), get("CI_JOB_ID")), get("CI_JOB_URL"), branch)
    if get("JENKINS_URL"):
        branch = get("CHANGE_BRANCH", "BRANCH_NAME") or get("GIT_BRANCH").removeprefix("origin/")
        return CiJob(_joined(get("JOB_NAME"), "", get("BUILD_NUMBER")), get("BUILD_URL"), branch)
    if get("BUILDKITE"):
        name = _joined(get("BUILDKITE_PIPELINE_SLUG"), get("BUILDKITE_LABEL"), get("BUILDKITE_BUILD_NUMBER"))
        return CiJob(name, get("BUILDKITE_BUILD_URL"), get("BUILDKITE_BRANCH"))
    if get("CIRCLECI"):
        return CiJob(
            _joined(get("CIRCLE_JOB"), "", get("CIRCLE_BUILD_NUM")), get("CIRCLE_BUILD_URL"), get("CIRCLE_BRANCH")
        )
    if get("TF_BUILD"):
        name = _joined(get("BUILD_DEFINITIONNAME"), get("SYSTEM_JOBDISPLAYNAME"), get("BUILD_BUILDNUMBER"))
        return CiJob(name, "", get("BUILD_SOURCEBRANCHNAME"))
    return CiJob("CI" if get("CI") else "")


def _joined(pipeline: str, job: str, number: str) -> str:
    name = " / ".join(part for part in (pipeline, job) if part)
    return f"{name} #{number}" if number else name
