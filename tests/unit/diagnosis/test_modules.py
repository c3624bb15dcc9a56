"""Causes of missing modules, M101 to M110."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.diagnosis.scene import (
    ENVIRONMENT,
    ROOT,
    at,
    blocked,
    diagnose,
    evidence,
    failed,
    in_words,
    no_module,
    no_name,
    path,
)

from muster.model.cause import Cause, Evidence, Remedy, Scope, Severity
from muster.model.collection import Collection, Confidence, PathEffect
from muster.model.environment import Distribution
from muster.model.invocation import Invocation

POLLUTION = {
    "infrastructure/vpc_connectivity_fix.py": "FIX = 1\n",
    "tests/infrastructure/__init__.py": "",
    "tests/critical/deep/test_multi_agent.py": "import sys\nsys.path.insert(0, str(PROJECT_ROOT))\n",
    "tests/critical/test_vpc.py": "from infrastructure.vpc_connectivity_fix import FIX\n",
}


def test_a_polluted_search_path_names_the_statement_of_the_earlier_file_and_both_packages() -> None:
    culprit = at("tests/critical/deep/test_multi_agent.py", 2, "sys.path.insert(0, str(PROJECT_ROOT))")
    report = no_module(
        "tests/critical/test_vpc.py",
        "infrastructure.vpc_connectivity_fix",
        search=("tests/infrastructure",),
        sys_path=("/r/tests", "/r", "/env/lib"),
    )
    session = Collection(
        files=(path("tests/critical/deep/test_multi_agent.py"), path("tests/critical/test_vpc.py")),
        effects=(PathEffect("insert", "/r/tests", 0, culprit, culprit.path),),
        blocked=blocked(tests__critical__test_vpc=12),
    )
    invocation = Invocation("pytest", "test", (), ROOT, ROOT, pythonpath=(ROOT,), import_mode="importlib")

    (cause,) = diagnose(POLLUTION, report, collection=session, invocation=invocation)

    assert cause == Cause(
        code="M105",
        severity=Severity.ERROR,
        confidence=Confidence.CERTAIN,
        scope=Scope.FILE,
        title="search path polluted",
        subject="infrastructure",
        message="'infrastructure' becomes tests/infrastructure/__init__.py (a regular package) instead of"
        " infrastructure/ (a namespace package, which always loses):"
        " tests/critical/deep/test_multi_agent.py:2 put tests/ on sys.path",
        culprit=culprit,
        evidence=(
            Evidence(
                "effect",
                "puts tests/ on sys.path at position 0, while tests/critical/deep/test_multi_agent.py is collected:"
                " one .parent short of the root",
                culprit.path,
                2,
            ),
            Evidence(
                "winner", "tests/infrastructure/__init__.py (a regular package)", "/r/tests/infrastructure/__init__.py"
            ),
            Evidence("loser", "infrastructure/ (a namespace package)", "/r/infrastructure"),
            Evidence(
                "rule",
                "a regular package or module always beats namespace portions, wherever it stands on sys.path (PEP 420)",
            ),
            Evidence(
                "alone",
                "collected alone, tests/critical/test_vpc.py finds the right module",
                "/r/tests/critical/test_vpc.py",
            ),
            Evidence(
                "import",
                "from infrastructure.vpc_connectivity_fix import FIX",
                "/r/tests/critical/test_vpc.py",
                1,
            ),
        ),
        victims=("/r/tests/critical/test_vpc.py",),
        blocked_tests=12,
        remedies=(
            Remedy(
                "correct the number of parents at tests/critical/deep/test_multi_agent.py:2:"
                " the root was meant, not tests/"
            ),
            Remedy("delete tests/critical/deep/test_multi_agent.py:2: the root is on the search path already"),
            Remedy("not: infrastructure/__init__.py does not help: the wrong folder stays first on the path"),
        ),
        exception=report.exception,
    )


def test_one_polluting_statement_is_one_cause_for_all_modules_that_it_hides() -> None:
    culprit = at("tests/critical/deep/test_multi_agent.py", 2, "sys.path.insert(0, str(PROJECT_ROOT))")
    first = no_module(
        "tests/critical/test_vpc.py", "infrastructure.vpc_connectivity_fix", search=("tests/infrastructure",)
    )
    second = no_module("tests/critical/test_other.py", "infrastructure.other", search=("tests/infrastructure",))
    files = {
        **POLLUTION,
        "infrastructure/other.py": "",
        "tests/critical/test_other.py": "import infrastructure.other\n",
    }
    session = Collection(effects=(PathEffect("insert", "/r/tests", 0, culprit, culprit.path),))
    invocation = Invocation("pytest", "test", (), ROOT, ROOT, pythonpath=(ROOT,), import_mode="importlib")

    (cause,) = diagnose(files, first, second, collection=session, invocation=invocation)

    assert (cause.code, cause.victims) == ("M105", (first.path, second.path))


def test_an_entry_that_makes_another_module_win_is_pollution_too() -> None:
    files = {
        "src/utils.py": "def load(): ...\n",
        "tests/utils.py": "",
        "tests/test_a.py": "import sys\nsys.path.insert(0, 'tests')\n",
        "tests/test_b.py": "from utils import load\n",
    }
    culprit = at("tests/test_a.py", 2, "sys.path.insert(0, 'tests')")
    report = no_name("tests/test_b.py", "utils", "load", "tests/utils.py", sys_path=("tests", "/r/src"))
    session = Collection(
        files=(path("tests/test_a.py"), path("tests/test_b.py")),
        effects=(PathEffect("insert", "tests", 0, culprit, culprit.path),),
    )
    (cause,) = diagnose(files, report, collection=session)
    assert (cause.code, cause.subject, cause.culprit) == ("M105", "utils", culprit)
    assert "winner: tests/utils.py (a module) [/r/tests/utils.py]" in evidence(cause)
    assert "loser: src/utils.py (a module) [/r/src/utils.py]" in evidence(cause)


def test_an_entry_taken_off_the_path_is_pollution_too() -> None:
    files = {"src/lib.py": "", "tests/test_a.py": "", "tests/test_b.py": "import lib\n"}
    culprit = at("tests/test_a.py", 1, "sys.path.remove('/r/src')")
    session = Collection(
        files=(path("tests/test_a.py"), path("tests/test_b.py")),
        effects=(PathEffect("remove", "/r/src", -1, culprit, culprit.path),),
    )
    (cause,) = diagnose(files, no_module("tests/test_b.py", "lib", search=("/r",)), collection=session)
    assert (cause.code, cause.culprit) == ("M105", culprit)
    assert cause.message == "'lib' is src/lib.py, but tests/test_a.py:1 took src/ off sys.path"


def test_without_an_earlier_statement_a_shadowed_module_names_winner_loser_and_rule() -> None:
    files = {"src/utils.py": "def load(): ...\n", "tests/utils.py": "", "tests/test_b.py": "from utils import load\n"}
    report = no_name("tests/test_b.py", "utils", "load", "tests/utils.py", sys_path=("/r/tests", "/r/src"))
    (cause,) = diagnose(files, report)
    assert cause.code == "M104"
    assert cause.message == "'utils' resolves to tests/utils.py, not src/utils.py"
    assert evidence(cause) == [
        "winner: tests/utils.py (a module) [/r/tests/utils.py]",
        "loser: src/utils.py (a module) [/r/src/utils.py]",
        "rule: the first entry of sys.path that has the name wins",
        "entry: tests/ is on the search path [/r/tests]",
    ]


def test_an_installed_tests_package_shadows_the_projects_own_namespace() -> None:
    site = "/env/lib/site-packages"
    files = {f"{site}/tests/__init__.py": "", "tests/helpers.py": "", "tests/test_a.py": "import tests.helpers\n"}
    report = no_module("tests/test_a.py", "tests.helpers", search=(f"{site}/tests",), sys_path=("/r", site))
    (cause,) = diagnose(files, report)
    assert (cause.code, cause.subject) == ("M104", "tests")
    assert in_words(cause) == ["add tests/__init__.py, so that the project's own package is a regular one"]


def test_a_module_met_where_a_package_was_meant_is_shadowing() -> None:
    files = {"config.py": "", "src/config/loader.py": "", "tests/test_a.py": "import config.loader\n"}
    report = no_module("tests/test_a.py", "config.loader", parent_is_module=True, parent_file="/r/config.py")
    (cause,) = diagnose(files, report)
    assert cause.code == "M104"
    assert cause.message == "'config' resolves to config.py, a module, so 'loader' cannot be found in it"


def test_a_module_that_no_entry_reaches_tells_which_entry_would() -> None:
    files = {
        "pyproject.toml": "[project]\nname = 'shop'\n",
        "src/shop/__init__.py": "",
        "src/shop/cart.py": "",
        "tests/test_a.py": "from shop.cart import Cart\n",
        "tests/test_b.py": "import shop\n",
    }
    reports = [
        no_module("tests/test_a.py", "shop", search=("/r/tests",)),
        no_module("tests/test_b.py", "shop", search=("/r/tests",)),
    ]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, cause.subject, cause.confidence) == ("M106", "shop.cart", Confidence.CERTAIN)
    assert cause.message == "'shop.cart' is src/shop/cart.py, but src/ is not on the search path"
    assert in_words(cause) == [
        'add pythonpath = ["src"] to pytest\'s configuration',
        "install the project: pip install -e .",
    ]
    assert cause.victims == (path("tests/test_a.py"), path("tests/test_b.py"))


def test_pytest_without_python_m_does_not_reach_the_working_directory() -> None:
    files = {"shop.py": "", "tests/test_a.py": "import shop\n"}
    invocation = Invocation("pytest", "test", (), ROOT, ROOT)
    (cause,) = diagnose(files, no_module("tests/test_a.py", "shop", search=("/r/tests",)), invocation=invocation)
    assert cause.code == "M106"
    assert in_words(cause) == [
        "run 'python -m pytest', which puts the working directory on sys.path ('pytest' does not)",
        'add pythonpath = ["."] to pytest\'s configuration',
        "add tests/__init__.py: pytest's prepend mode then puts the root on sys.path",
    ]


def test_a_missing_distribution_names_its_provider_and_that_nothing_declares_it() -> None:
    files = {"requirements.txt": "requests\n", "tests/test_a.py": "import websocket\n"}
    (cause,) = diagnose(files, no_module("tests/test_a.py", "websocket", search=("/r",)))
    assert (cause.code, cause.subject, cause.confidence) == ("M107", "websocket-client", Confidence.CERTAIN)
    assert cause.message == "'websocket' is provided by 'websocket-client', which the project does not declare"
    assert evidence(cause) == [
        "provider: 'websocket' is provided by websocket-client (by Muster's own table)",
        "undeclared: not declared in requirements.txt",
    ]
    assert in_words(cause) == ["add websocket-client to requirements.txt, and install it"]


def test_a_declared_distribution_is_named_with_the_line_that_declares_it() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["requests"]\n[dependency-groups]\ndev = [\n  "PyYAML>=6",\n]\n',
        "tests/test_a.py": "import yaml\n",
        "tests/test_b.py": "import yaml\n",
    }
    reports = [no_module(f"tests/test_{letter}.py", "yaml", search=("/r",)) for letter in "ab"]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, len(cause.victims)) == ("M107", 2)
    assert "declared: declared in group dev: pyyaml>=6 [/r/pyproject.toml:5]" in evidence(cause)
    assert in_words(cause) == ["install what pyproject.toml declares: pip install 'PyYAML>=6'"]


def test_in_an_environment_without_the_projects_distributions_nothing_is_certain() -> None:
    files = {"requirements.txt": "flask\ndjango\n", "tests/test_a.py": "import flask\n"}
    (cause,) = diagnose(files, no_module("tests/test_a.py", "flask", search=("/r",)))
    assert (cause.code, cause.confidence) == ("M107", Confidence.UNDECIDED)
    assert in_words(cause)[-1] == "if /env/bin/python is not the suite's interpreter, name the right one with --python"


def test_an_installed_distribution_without_the_name_is_at_odds() -> None:
    files = {"requirements.txt": "requests\npydantic<2\n", "tests/test_a.py": "from pydantic import BaseSettings\n"}
    installed = Distribution("pydantic", "2.7.0", ("pydantic",), "/env/lib/site-packages")
    environment = replace_distributions(installed)
    report = no_name("tests/test_a.py", "pydantic", "BaseSettings", "/env/lib/site-packages/pydantic/__init__.py")
    (cause,) = diagnose(files, report, environment=environment)
    assert (cause.code, cause.subject) == ("M108", "pydantic:BaseSettings")
    assert evidence(cause)[:3] == [
        "installed: pydantic 2.7.0 [/env/lib/site-packages]",
        "declared: declared: pydantic<2, another version than 2.7.0 [/r/requirements.txt:2]",
        "versions: pydantic 2.0 moved it to the distribution pydantic-settings",
    ]


def test_another_version_than_the_lock_file_has_is_told_with_its_line() -> None:
    files = {
        "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nleaflet = "^1.4"\n',
        "poetry.lock": '[[package]]\nname = "leaflet"\nversion = "1.4.2"\n',
        "tests/test_a.py": "from leaflet import Map\n",
    }
    installed = Distribution("leaflet", "0.9", ("leaflet",), "/env/lib/site-packages")
    report = no_name("tests/test_a.py", "leaflet", "Map", "/env/lib/site-packages/leaflet/__init__.py")
    (cause,) = diagnose(files, report, environment=replace_distributions(installed))
    assert cause.message == (
        "'leaflet' of leaflet 0.9 has no 'Map'; pyproject.toml:3 asks for leaflet^1.4, which is another version"
    )
    assert "declared: locked: leaflet==1.4.2, another version than 0.9 [/r/poetry.lock:2]" in evidence(cause)
    assert in_words(cause)[0] == "install what pyproject.toml asks for: pip install 'leaflet>=1.4,<2'"


def replace_distributions(*more: Distribution):  # type: ignore[no-untyped-def]  # because msgspec's replace is untyped
    import msgspec

    return msgspec.structs.replace(ENVIRONMENT, distributions=(*ENVIRONMENT.distributions, *more))


def test_a_module_of_another_platform_or_python_is_named_as_such() -> None:
    files = {"tests/test_a.py": "import winreg\n", "tests/test_b.py": "import distutils\n"}
    causes = diagnose(
        files,
        no_module("tests/test_a.py", "winreg", search=("/r",)),
        no_module("tests/test_b.py", "distutils", search=("/r",)),
    )
    assert [(cause.code, cause.message) for cause in causes] == [
        ("M109", "'winreg' is in the standard library of Windows only; this is linux"),
        (
            "M109",
            "'distutils' left the standard library in Python 3.12; this is 3.12"
            " (PEP 632; setuptools has a copy while it is installed)",
        ),
    ]


def test_a_stub_in_sys_modules_names_the_file_that_put_it_there() -> None:
    files = {"lib.py": "def load(): ...\n", "tests/test_a.py": "", "tests/test_b.py": "from lib import load\n"}
    culprit = at("tests/test_a.py", 3, "sys.modules['lib'] = types.ModuleType('lib')")
    report = no_name("tests/test_b.py", "lib", "load", None, sys_path=("/r",))
    session = Collection(
        files=(path("tests/test_a.py"), path("tests/test_b.py")),
        effects=(PathEffect("module", "lib", 0, culprit, culprit.path),),
    )
    (cause,) = diagnose(files, report, collection=session)
    assert (cause.code, cause.culprit, cause.confidence) == ("M110", culprit, Confidence.CERTAIN)
    assert cause.message == "'lib' is what tests/test_a.py:3 put into sys.modules, not lib.py; it has no 'load'"


def test_a_moved_module_is_found_by_the_names_that_importers_want_of_it() -> None:
    files = {
        "app/__init__.py": "",
        "app/services/__init__.py": "",
        "app/services/billing.py": "class Invoice: ...\n",
        "app/cart.py": "from app.services.billing import Invoice\n",
        "app/other/billing.py": "",
        "tests/test_a.py": "from app.billing import Invoice\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.billing", search=("/r/app",)))
    assert (cause.code, cause.confidence) == ("M101", Confidence.LIKELY)
    assert cause.message == "'app.billing' is not there; the tree has it as 'app.services.billing'"
    assert evidence(cause) == [
        "home: app/services/billing.py is 'app.services.billing' [/r/app/services/billing.py]",
        "names: it has 1 of the 1 names asked for [/r/app/services/billing.py]",
        "importers: 1 file imports it today: from app.services.billing import Invoice [/r/app/cart.py:1]",
    ]


def test_a_module_without_any_trace_is_gone_or_never_there() -> None:
    files = {"app/__init__.py": "", "app/ledger.py": "", "tests/test_a.py": "from app.ledgers import Book\n"}
    (cause,) = diagnose(files, no_module("tests/test_a.py", "app.ledgers", search=("/r/app",)))
    assert (cause.code, cause.confidence) == ("M103", Confidence.LIKELY)
    assert cause.message.endswith("gone or never there")
    assert "nearest: the nearest names are 'app.ledger'" in evidence(cause)
    assert "definition: 'Book' is defined nowhere in the tree" in evidence(cause)


def test_three_hundred_files_that_miss_one_module_are_one_cause() -> None:
    files = {f"tests/test_{number}.py": "import app.gone\n" for number in range(300)} | {"app/__init__.py": ""}
    reports = [no_module(name, "app.gone", search=("/r/app",)) for name in files if name.startswith("tests")]
    (cause,) = diagnose(files, *reports)
    assert len(cause.victims) == 300
    assert evidence(cause)[-1] == "import: and 295 more places"


def test_an_observed_exception_without_details_is_read_from_its_message() -> None:
    files = {"app/__init__.py": "", "tests/test_a.py": "import app.gone\n"}
    report = no_module("tests/test_a.py", "app.gone")
    assert report.exception is not None
    bare = replace(report, exception=replace(report.exception, detail=type(report.exception)("", "").detail))
    (cause,) = diagnose(files, bare)
    assert (cause.code, cause.subject) == ("M103", "app.gone")


def test_a_module_without_a_file_where_the_path_has_the_real_one_was_replaced_by_somebody() -> None:
    files = {
        "app/__init__.py": "",
        "app/plan.py": "class Plan: ...\n",
        "tests/test_a.py": "from app.plan import Plan\n",
    }
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app.plan", "Plan", None, sys_path=("/r",)))
    assert (cause.code, cause.confidence) == ("M110", Confidence.LIKELY)
    assert cause.message == "'app.plan' in sys.modules is not app/plan.py, which defines 'Plan'"


def test_an_exception_that_names_its_distribution_is_a_missing_distribution() -> None:
    words = 'Form data requires "python-multipart" to be installed.'
    report = failed("tests/test_a.py", "RuntimeError", words, None, ("tests/test_a.py", 1), ("/env/lib/fastapi.py", 9))
    (cause,) = diagnose({"tests/test_a.py": "app = make()\n"}, report)
    assert (cause.code, cause.subject, cause.confidence) == ("M107", "python-multipart", Confidence.LIKELY)

    words = "The asyncio module requires that the Python 'greenlet' library is installed."
    (cause,) = diagnose({"tests/test_a.py": "import x\n"}, failed("tests/test_a.py", "ImportError", words))
    assert (cause.code, cause.subject) == ("M107", "greenlet")


def test_the_nearest_project_of_a_monorepo_declares_first() -> None:
    files = {
        "requirements.txt": "flask\nrequests\n",
        "backend/requirements.txt": "flask>=2\n",
        "backend/requirements-cloud.txt": "flask>=1\n",
        "backend/app.py": "import flask\n",
    }
    (cause,) = diagnose(files, no_module("backend/app.py", "flask", search=("/r",)))
    assert in_words(cause) == ["install what backend/requirements.txt declares: pip install 'Flask>=2'"]


def test_a_shared_namespace_names_the_distribution_of_the_whole_dotted_name() -> None:
    files = {"tests/test_a.py": "import google.cloud.compute_v1 as compute\n"}
    (cause,) = diagnose(files, no_module("tests/test_a.py", "google", search=("/r",)))
    assert (cause.code, cause.subject) == ("M107", "google-cloud-compute")


def test_an_installed_distribution_without_its_own_module_is_broken() -> None:
    report = no_module("tests/test_a.py", "requests", search=("/r", "/env/lib/site-packages"))
    (cause,) = diagnose({"tests/test_a.py": "import requests\n"}, report)
    assert cause.code == "M108"
    assert cause.message == (
        "requests 2.31.0 is installed, and its module 'requests' is not there: the installation is broken"
    )


def test_a_half_done_module_that_is_met_again_belongs_to_its_first_failure() -> None:
    files = {
        "app/__init__.py": "",
        "app/core.py": "import websocket\n\n\nclass Core: ...\n",
        "tests/test_a.py": "import app.core\n",
        "tests/test_b.py": "from app.core import Core\n",
    }
    first = no_module("tests/test_a.py", "websocket", ("tests/test_a.py", 1), ("app/core.py", 1), search=("/r",))
    second = no_name("tests/test_b.py", "app.core", "Core", "app/core.py", initialising=True)
    (cause,) = diagnose(files, first, second)
    assert (cause.code, cause.victims) == ("M107", (first.path, second.path))


def test_a_test_folder_that_steps_in_for_an_absent_distribution_does_not_hide_its_absence() -> None:
    files = {
        "tests/websocket/__init__.py": "",
        "tests/test_a.py": "import sys\nsys.path.insert(0, '/r/tests')\n",
        "tests/test_b.py": "from websocket import create_connection\n",
        "tests/test_c.py": "import websocket._app\n",
    }
    culprit = at("tests/test_a.py", 2, "sys.path.insert(0, '/r/tests')")
    session = Collection(
        files=tuple(path(f"tests/test_{letter}.py") for letter in "abc"),
        effects=(PathEffect("insert", "/r/tests", 0, culprit, culprit.path),),
    )
    reports = (
        no_name("tests/test_b.py", "websocket", "create_connection", "tests/websocket/__init__.py"),
        no_module("tests/test_c.py", "websocket._app", search=("tests/websocket",)),
    )
    (cause,) = diagnose(files, *reports, collection=session)
    assert (cause.code, cause.subject, len(cause.victims)) == ("M107", "websocket-client", 2)
    assert evidence(cause)[1] == (
        "stand-in: tests/websocket/__init__.py steps in for it, since tests/ was put on sys.path here [/r/tests/test_a.py:2]"
    )


def test_a_bare_folder_named_like_a_distribution_is_not_the_projects_package() -> None:
    files = {
        "docker/build.py": "",
        "tests/test_a.py": "import docker\n",
        "tests/test_b.py": "from docker import DockerClient\n",
        "tests/test_c.py": "import docker.errors\n",
    }
    reports = (
        no_module("tests/test_a.py", "docker", search=("/r/tests",)),
        no_name("tests/test_b.py", "docker", "DockerClient", None, sys_path=("/r",)),
        no_module("tests/test_c.py", "docker.errors", search=("/r/docker",)),
    )
    (cause,) = diagnose(files, *reports)
    assert (cause.code, cause.subject, len(cause.victims)) == ("M107", "docker", 3)
    assert "stand-in: docker/, a folder without __init__.py, steps in for it" in evidence(cause)


def test_a_conftest_that_runs_later_is_not_at_fault() -> None:
    files = {
        "src/utils.py": "def load(): ...\n",
        "tests/a/utils.py": "",
        "tests/a/test_a.py": "from utils import load\n",
        "tests/b/conftest.py": "import sys\nsys.path.insert(0, '/r/tests/a')\n",
        "tests/b/test_b.py": "",
    }
    culprit = at("tests/b/conftest.py", 2, "sys.path.insert(0, '/r/tests/a')")
    session = Collection(
        files=(path("tests/a/test_a.py"), path("tests/b/test_b.py")),
        effects=(PathEffect("insert", "/r/tests/a", 0, culprit, culprit.path),),
    )
    report = no_name("tests/a/test_a.py", "utils", "load", "tests/a/utils.py", sys_path=("/r/tests/a", "/r/src"))
    (cause,) = diagnose(files, report, collection=session)
    assert cause.code == "M104"


def test_a_declared_distribution_may_add_to_a_package_of_the_project() -> None:
    files = {
        "requirements.txt": "requests\nshop-sdk>=1\n",
        "shop/__init__.py": "",
        "tests/test_a.py": "import shop.sdk.x\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "shop.sdk", search=("/r/shop",)))
    assert (cause.code, cause.subject) == ("M107", "shop-sdk")


def test_a_file_that_takes_its_own_entry_back_is_not_at_fault() -> None:
    files = {"src/lib.py": "", "tests/test_a.py": "", "tests/test_b.py": "import lib\n"}
    culprit = at("tests/test_a.py", 1, "sys.path.remove('/r/src')")
    session = Collection(
        files=(path("tests/test_a.py"), path("tests/test_b.py")),
        effects=(
            PathEffect("insert", "/r/src", 0, culprit, culprit.path),
            PathEffect("remove", "/r/src", 0, culprit, culprit.path),
        ),
    )
    (cause,) = diagnose(files, no_module("tests/test_b.py", "lib", search=("/r",)), collection=session)
    assert cause.code == "M106"


def test_what_is_taken_from_a_shared_namespace_tells_the_distribution() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["requests"]\n',
        "tests/test_a.py": "from google.cloud import storage\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "google", search=("/r",)))
    assert (cause.code, cause.subject) == ("M107", "google-cloud-storage")


def test_of_two_distributions_for_one_module_the_declared_one_is_meant() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = [\n  "requests",\n  "opencv-python-headless>=4",\n]\n',
        "tests/test_a.py": "import cv2\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "cv2", search=("/r",)))
    assert (cause.code, cause.subject) == ("M107", "opencv-python-headless")
    assert "declared: declared: opencv-python-headless>=4 [/r/pyproject.toml:4]" in evidence(cause)


def test_a_distribution_that_the_project_names_as_the_module_goes_before_the_table() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["requests", "slack"]\n',
        "tests/test_a.py": "import slack\n",
    }
    (cause,) = diagnose(files, no_module("tests/test_a.py", "slack", search=("/r",)))
    assert cause.subject == "slack"
