"""Writes what the interpreter, pytest and its plugins are when collection starts in an empty folder, as JSON.

Runs after `isolated_site` in the same namespace. `SPEC` also holds `output` (a file descriptor), `ini` (an empty
configuration file) and `mode`: `session` (start pytest up to collection), `help` (only parse, as `--help` does:
survives plugins that need a project) or `plain` (pytest without its installed plugins). Python 3.9 syntax.
"""

import os
import sys

OUTPUT = SPEC["output"]  # noqa: F821  # because the text sent first defines it
os.set_inheritable(OUTPUT, False)


def write_dump(facts):
    """Send `facts` and end the process at once, before any plugin can act on the end of a session."""
    import json

    data = json.dumps(facts).encode("ascii")
    while data:
        data = data[os.write(OUTPUT, data) :]
    os._exit(0)


def interpreter_facts():
    import builtins

    return {
        "executable": sys.executable,
        "version": list(sys.version_info[:3]),
        "platform": sys.platform,
        "os_name": os.name,
        "machine": os.uname().machine if hasattr(os, "uname") else "",
        "prefix": sys.prefix,
        "search_path": REPORTED,  # noqa: F821
        "site_packages": SITE_PACKAGES,  # noqa: F821
        "preloaded": loaded_modules(),
        "builtin_modules": sorted(sys.builtin_module_names),
        "stdlib_modules": sorted(getattr(sys, "stdlib_module_names", ())) or standard_names(),
        "builtins": sorted(dir(builtins)),
    }


def loaded_modules():
    """Every name in `sys.modules` to its file; modules may be anything, so only their namespace is read."""
    found = {}
    for name, module in list(sys.modules.items()):
        if module is not None and isinstance(name, str):
            try:
                file = vars(module).get("__file__")
            except TypeError:
                file = None
            found[name] = file if isinstance(file, str) else ""
    return found


def standard_names():
    """`sys.stdlib_module_names` for Python 3.9, which has none: what lies in the standard library's folders."""
    names = set(sys.builtin_module_names)
    library = os.path.dirname(os.__file__)
    for folder in (library, os.path.join(library, "lib-dynload")):
        if os.path.isdir(folder):
            for name in os.listdir(folder):
                stem = name.split(".")[0]
                is_module = name.endswith((".py", ".so")) or os.path.isfile(os.path.join(folder, name, "__init__.py"))
                if is_module and stem.isidentifier():
                    names.add(stem)
    return sorted(names)


def pytest_facts(config):
    import pytest

    parser = config._parser
    command_line = getattr(parser, "optparser", None)
    if command_line is None or not command_line._actions:
        command_line = parser._getparser()
    manager = config.pluginmanager
    return {
        "pytest_version": pytest.__version__,
        "markers": [str(line) for line in config.getini("markers")],
        "options": [option_facts(command_line, action) for action in command_line._actions if action.option_strings],
        "ini_options": ini_facts(parser),
        "hooks": hook_facts(manager),
        "plugins": [
            name for name, plugin in manager.list_name_plugin() if plugin not in (None, DUMP) and not name.isdigit()
        ],
    }


def hook_facts(manager):
    """Every hook that has a specification, with the arguments that an implementation may take."""
    found = {}
    for name, caller in vars(manager.hook).items():
        spec = getattr(caller, "spec", None)
        if spec is not None:
            found[name] = [*spec.argnames, *getattr(spec, "kwargnames", ())]
    return found


def fixture_facts(session):
    """The fixtures that installed plugins register, as collection needs them; pytest's own are left out."""
    try:
        manager = session._fixturemanager
        names = getattr(manager, "_nodeid_autousenames", {}), getattr(manager, "_node_autousenames", {})
        autouse = {name for mapping in names for listed in mapping.values() for name in listed}
        return [
            one_fixture(definition, autouse)
            for definition in fixture_definitions(manager)
            if not str(getattr(definition.func, "__module__", "")).startswith("_pytest.")
        ]
    except Exception as error:
        FACTS["problems"].append("fixtures of plugins were not read: %s: %s" % (type(error).__name__, error))
        return []


def fixture_definitions(manager):
    if hasattr(manager, "_get_all_fixture_defs"):
        return list(manager._get_all_fixture_defs())
    return [definition for definitions in manager._arg2fixturedefs.values() for definition in definitions]


def one_fixture(definition, autouse):
    params = definition.params
    return {
        "name": str(definition.argname),
        "arguments": [str(name) for name in definition.argnames],
        "scope": str(definition.scope),
        "parametrized": params is not None,
        "ids": parameter_ids(definition) if params is not None else [],
        "autouse": definition.argname in autouse,
    }


def parameter_ids(definition):
    """The ids of a fixture's parameters as pytest spells them; empty where that fails."""
    import dataclasses

    from _pytest.mark.structures import ParameterSet
    from _pytest.python import IdMaker

    ids = definition.ids
    values = {
        "argnames": [definition.argname],
        "parametersets": [ParameterSet.extract_from(value, force_tuple=True) for value in definition.params],
        "idfn": ids if callable(ids) else None,
        "ids": None if callable(ids) or ids is None else list(ids),
    }
    try:
        fields = [field.name for field in dataclasses.fields(IdMaker)]
        return [
            str(made) for made in IdMaker(**{name: values.get(name) for name in fields}).make_unique_parameterset_ids()
        ]
    except Exception:
        return []


def option_facts(command_line, action):
    nargs = action.nargs
    names = {kind: name for name, kind in command_line._registries["action"].items() if name}
    return {
        "names": list(action.option_strings),
        "dest": str(action.dest),
        "nargs": "1" if nargs is None else str(nargs),
        "choices": [str(choice) for choice in action.choices] if action.choices else [],
        "action": names.get(type(action), type(action).__name__),
    }


def ini_facts(parser):
    aliases = {}
    for alias, name in getattr(parser, "_ini_aliases", {}).items():
        aliases.setdefault(name, []).append(alias)
    return [
        {"name": name, "type": str(facts[1] or "string"), "aliases": aliases.get(name, [])}
        for name, facts in parser._inidict.items()
    ]


class Dump:
    """A plugin that ends the session where collection would begin."""

    muster_guest = True  # our own plugin for pytest leaves such a session alone

    def pytest_collection(self, session):
        fixtures = fixture_facts(session)
        write_dump({**FACTS, **interpreter_facts(), **pytest_facts(session.config), "fixtures": fixtures})

    def pytest_cmdline_main(self, config):
        if SPEC["mode"] == "help":  # noqa: F821
            try:  # noqa: SIM105  # because the guest imports nothing that it need not
                config._do_configure()
            except BaseException:
                pass
            write_dump({**FACTS, **interpreter_facts(), **pytest_facts(config)})


DUMP = Dump()
FACTS = {"pytest_version": "", "withheld_plugins": [], "problems": []}


def withheld_plugins():
    """pytest's entry points whose top-level module is found only in the examined tree, or nowhere."""
    from importlib.metadata import distributions
    from importlib.util import find_spec

    withheld = []
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group != "pytest11":
                continue
            module = entry.value.partition(":")[0].strip()
            try:
                spec = find_spec(module.partition(".")[0])
            except Exception:
                spec = None
            places = (
                ([spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())) if spec else []
            )
            if spec is None or any(is_examined(place) for place in places) or fails_on_import(module):  # noqa: F821
                withheld.append((entry.name, module))
    return withheld


def fails_on_import(module):
    """Whether an installed plugin cannot be imported: most often it wants the project's own code, which is not run here.

    Nothing of its package stays in `sys.modules` then: where one folder of it is in site-packages and the rest in the
    tree, `import package.plugin` would leave a `package` without code, which no session of the project begins with.
    """
    before = set(sys.modules)
    try:
        __import__(module)
    except ImportError:
        package = module.partition(".")[0]
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == package:
                del sys.modules[name]
        return True
    except BaseException:
        return False
    return False


def main():
    try:
        import pytest
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            FACTS["problems"].append(f"pytest cannot be imported: {error}")
        write_dump({**FACTS, **interpreter_facts()})
    except BaseException as error:
        FACTS["problems"].append(f"pytest cannot be imported: {type(error).__name__}: {error}")
        write_dump({**FACTS, **interpreter_facts()})
    Dump.pytest_collection = pytest.hookimpl(tryfirst=True)(Dump.pytest_collection)
    Dump.pytest_cmdline_main = pytest.hookimpl(tryfirst=True)(Dump.pytest_cmdline_main)
    here = os.getcwd()
    arguments = ["--collect-only", "-c", SPEC["ini"], "--rootdir", here]  # noqa: F821
    if SPEC["mode"] == "plain":  # noqa: F821
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    elif not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        FACTS["withheld_plugins"] = withheld_plugins()
        for name, _ in FACTS["withheld_plugins"]:
            arguments += ["-p", "no:" + name]
    if SPEC["mode"] == "help":  # noqa: F821
        arguments.append("--help")
    code = pytest.main(arguments, plugins=[DUMP])
    sys.stderr.write(f"pytest ended with {code}\n")


main()
