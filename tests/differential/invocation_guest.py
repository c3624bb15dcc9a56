"""Real pytest's start-up, case by case, each in a fork: what it resolved, or the words with which it refused.

Reads JSON lines `{"cwd", "argv", "environ", "module"}` from standard input, writes one JSON line for each. Standard
library and pytest only: it runs in the interpreter under test.
"""

import json
import os
import sys
import traceback
import warnings

import _pytest.config as config_module
import _pytest.main as main_module
import pytest

OPTIONS = (
    "importmode ignore ignore_glob deselect keyword markexpr continue_on_collection_errors keepduplicates "
    "collect_in_virtualenv noconftest pyargs doctestmodules doctestglob doctest_ignore_import_errors "
    "doctest_continue_on_failure lf maxfail"
).split()
SETTINGS = (
    "testpaths python_files markers filterwarnings required_plugins pythonpath consider_namespace_packages "
    "empty_parameter_set_mark"
).split()
# Read for the first time when a collector needs them: an argument that points nowhere is refused before them.
COLLECTORS_SETTINGS = (
    "norecursedirs python_classes python_functions collect_imported_tests doctest_encoding "
    "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
).split()


def describe():
    """The environment as far as the start-up depends on it."""
    config = config_module._prepareconfig(["-c", os.devnull, "--noconftest"])
    parser = config._parser
    argparser = parser.optparser if hasattr(parser, "optparser") else parser._getparser()
    options = [
        {
            "names": action.option_strings,
            "dest": action.dest,
            "nargs": "0" if action.nargs == 0 else str(action.nargs or 1),
            "choices": [str(choice) for choice in action.choices or ()],
            "action": type(action).__name__,
        }
        for action in argparser._actions
        if action.option_strings
    ]
    distributions = {}
    for plugin, dist in config.pluginmanager.list_plugin_distinfo():
        name = config.pluginmanager.get_name(plugin)
        distributions.setdefault((dist.project_name, dist.version), []).append([name, ""])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config._do_configure()
    return {
        "markers": config.getini("markers"),
        "executable": sys.executable,
        "version": list(sys.version_info[:3]),
        "pytest_version": pytest.__version__,
        "options": options,
        "ini_options": [{"name": name, "type": str(spec[1])} for name, spec in parser._inidict.items()],
        "distributions": [
            {"name": name, "version": version, "plugins": plugins} for (name, version), plugins in distributions.items()
        ],
    }


class Recorder:
    def __init__(self):
        self.conftests = []
        self.warnings = []

    def pytest_warning_recorded(self, warning_message, when):
        if when == "config":
            self.warnings.append(str(warning_message.message))


def run(case):
    os.chdir(case["cwd"])
    os.environ.update(case["environ"])
    sys.argv[:] = ["/x/pytest/__main__.py" if case["module"] else "/x/bin/pytest"]
    if case["module"]:
        sys.path.insert(0, os.getcwd())
    recorder = Recorder()
    manager = config_module.PytestPluginManager
    original = manager._importconftest

    def importconftest(self, path, *args, **kwargs):
        if str(path) not in recorder.conftests:
            recorder.conftests.append(str(path))
        return original(self, path, *args, **kwargs)

    manager._importconftest = importconftest
    result = {"stage": "start", "conftests": recorder.conftests, "warnings": recorder.warnings}
    try:
        resolve(case, recorder, result)
    except BaseException as error:
        result["refused"] = words(error)
    return result


def words(error):
    if isinstance(error, pytest.UsageError):
        return {"usage": True, "message": "\n".join(str(arg) for arg in error.args)}
    last = traceback.format_exception_only(type(error), error)[-1].strip()
    return {"usage": False, "message": last, "type": type(error).__name__, "text": str(error)}


def resolve(case, recorder, result):
    keywords = {}
    if hasattr(config_module, "_get_prog_name"):
        keywords["prog"] = config_module._get_prog_name(sys.argv)
    config = config_module._prepareconfig(list(case["argv"]), [recorder], **keywords)
    if config.option.help or config.option.version:
        result["collects"] = False
        return
    result["stage"] = "configure"
    result["rootdir"] = str(config.rootpath)
    result["inifile"] = str(config.inipath) if config.inipath else None
    result["confcutdir"] = str(config.pluginmanager._confcutdir)
    result["source"] = config.args_source.name.lower()
    result["args"] = list(config.args)
    result["options"] = {name: getattr(config.option, name, None) for name in OPTIONS}
    # pytest adds its own lines to "markers" while it is configured, in the very list that getini keeps.
    markers = list(config._getini("markers"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config._do_configure()
    result["stage"] = "collection"
    result["settings"] = {}
    read_settings(config, SETTINGS, result["settings"])
    result["settings"]["markers"] = [str(item) for item in markers]
    result["arguments"] = arguments(config)
    read_settings(config, COLLECTORS_SETTINGS, result["settings"])
    result["stage"] = "end"
    result["strict"] = strictness(config)
    from _pytest.mark import pytest_collection_modifyitems

    pytest_collection_modifyitems([], config)
    config._validate_config_options()
    result["stage"] = "done"


def read_settings(config, names, read):
    for name in names:
        try:
            value = config.getini(name)
        except ValueError as error:
            if "unknown configuration value" in str(error):
                continue
            raise
        read[name] = [str(item) for item in value] if isinstance(value, list) else value


def strictness(config):
    if hasattr(config.known_args_namespace, "strict_config") and pytest.version_tuple < (9,):
        namespace = config.option
        return {
            "strict_markers": namespace.strict_markers or namespace.strict,
            "strict_config": namespace.strict_config,
        }
    strict = config.getini("strict")
    values = {name: config.getini(name) for name in ("strict_markers", "strict_config", "strict_parametrization_ids")}
    return {name: strict if value is None else value for name, value in values.items()}


def arguments(config):
    resolved = []
    modern = hasattr(main_module, "normalize_collection_arguments")
    for index, text in enumerate(config.args):
        directory = config.invocation_params.dir
        if modern:
            resolved.append(
                main_module.resolve_collection_argument(
                    directory,
                    text,
                    index,
                    as_pypath=config.option.pyargs,
                    consider_namespace_packages=config.getini("consider_namespace_packages"),
                )
            )
        else:
            resolved.append(main_module.resolve_collection_argument(directory, text, as_pypath=config.option.pyargs))
    if modern and not config.option.keepduplicates:
        resolved = main_module.normalize_collection_arguments(resolved)
    return [spell(argument) for argument in resolved]


def spell(argument):
    if isinstance(argument, tuple):
        return "::".join((str(argument[0]), *argument[1]))
    return "::".join((str(argument.path), *argument.parts)) + (getattr(argument, "parametrization", None) or "")


def forked(case):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            answer = json.dumps(run(case))
        except BaseException:
            answer = json.dumps({"guest": traceback.format_exc()})
        with os.fdopen(writing, "w") as stream:
            stream.write(answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


def main():
    print(json.dumps(json.loads(forked_description())), flush=True)
    for line in sys.stdin:
        print(forked(json.loads(line)), flush=True)


def forked_description():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            stream.write(json.dumps(describe()))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


main()
