"""Options, settings and markers that well-known pytest plugins bring, and the distributions that those come with."""

from __future__ import annotations

OPTIONS = {
    "--alluredir": "allure-pytest", "--asyncio-mode": "pytest-asyncio", "--benchmark": "pytest-benchmark",
    "--black": "pytest-black", "--browser": "pytest-playwright", "--cov": "pytest-cov", "--create-db": "pytest-django",
    "--dist": "pytest-xdist", "--ds": "pytest-django", "--flake8": "pytest-flake8", "--forked": "pytest-forked",
    "--headed": "pytest-playwright", "--html": "pytest-html", "--instafail": "pytest-instafail", "--isort":
    "pytest-isort", "--json-report": "pytest-json-report", "--maxprocesses": "pytest-xdist", "--mpl": "pytest-mpl",
    "--mypy": "pytest-mypy", "--nbval": "nbval", "--no-cov": "pytest-cov", "--no-migrations": "pytest-django",
    "--numprocesses": "pytest-xdist", "--picked": "pytest-picked", "--random-order": "pytest-random-order",
    "--randomly-seed": "pytest-randomly", "--record-mode": "pytest-recording", "--reruns": "pytest-rerunfailures",
    "--reuse-db": "pytest-django", "--ruff": "pytest-ruff", "--self-contained-html": "pytest-html",
    "--snapshot-update": "syrupy", "--socket": "pytest-socket", "--disable-socket": "pytest-socket", "--testmon":
    "pytest-testmon", "--timeout": "pytest-timeout", "--vcr-record": "pytest-vcr", "--xdoctest": "xdoctest", "-n":
    "pytest-xdist",
}  # fmt: skip
"""An option belongs to the longest of these that it begins with (`--cov-report` to `--cov`)."""

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "pytest-django", "anyio_mode": "anyio", "asyncio_default_fixture_loop_scope":
    "pytest-asyncio", "asyncio_mode": "pytest-asyncio", "django_find_project": "pytest-django", "env": "pytest-env",
    "env_files": "pytest-dotenv", "flake8": "pytest-flake8", "mock_traceback_monkeypatch": "pytest-mock",
    "qt_api": "pytest-qt", "rp_endpoint": "pytest-reportportal", "timeout": "pytest-timeout", "timeout_method":
    "pytest-timeout", "trio_mode": "pytest-trio", "xdist": "pytest-xdist",
}  # fmt: skip

MARKERS = {
    "aio": "pytest-aio", "anyio": "anyio", "asyncio": "pytest-asyncio", "benchmark": "pytest-benchmark",
    "celery": "celery", "dependency": "pytest-dependency", "django_db": "pytest-django", "flaky":
    "pytest-rerunfailures", "forked": "pytest-forked", "freeze_time": "pytest-freezer", "httpx_mock": "pytest-httpx",
    "mpl_image_compare": "pytest-mpl", "order": "pytest-order", "parallel_threads": "pytest-run-parallel", "repeat":
    "pytest-repeat", "respx": "respx", "run": "pytest-ordering", "skip_browser": "pytest-playwright", "timeout":
    "pytest-timeout", "trio": "pytest-trio", "twisted": "pytest-twisted", "urls": "pytest-django", "vcr":
    "pytest-recording", "xdist_group": "pytest-xdist",
}  # fmt: skip


def plugin_of_option(option: str) -> str:
    """The distribution whose plugin registers `option` (with or without its value), or ""."""
    name = option.partition("=")[0]
    if not name.startswith("--"):
        return OPTIONS.get(name[:2], "")
    prefixes = [prefix for prefix in OPTIONS if name == prefix or name.startswith(prefix + "-")]
    return OPTIONS[max(prefixes, key=len)] if prefixes else ""
