"""The project's environment, asked once in an empty folder and cached by what it holds; `--static` only reads it.

The examined tree is never executed: the guest leaves every entry inside it off the path and an audit hook refuses its
code (see `muster.guest.isolated_site`). An environment that may not be run is read from its metadata, and only the
standard library is asked of the interpreter that it was made from.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from muster.adapters.child_death import ChildDied
from muster.adapters.distributions import (
    fingerprint_of,
    read_distributions,
    read_editable_finders,
    read_pth_entries,
)
from muster.adapters.interpreters import ChosenInterpreter, environment_version, read_pyvenv
from muster.adapters.probing import Prober
from muster.model.environment import (
    Distribution,
    Environment,
    ProbedModule,
)
from muster.ports import FactCache

if TYPE_CHECKING:
    from muster.adapters.guest_process import GuestProcess

FORMAT = 6
"""Raised whenever the guest's answers or the structs that hold them change."""

DUMP_TIMEOUT_S = 120.0
PROBE_TIMEOUT_S = 30.0
_VARIABLES = ("PYTHONPATH", "PYTHONNOUSERSITE", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "DJANGO_SETTINGS_MODULE")
_PYTHON_FOLDER = re.compile(r"python3(\.\d+t?)?")


class InterpreterQuery:
    """`ports.EnvironmentQuery` for the interpreter `chosen` for the project at `root`.

    `environ` are the user's own variables; `variables` those that the team's command sets. The latter may come from the
    examined tree's configuration, so only those that Python and pytest mind reach the child (never `LD_PRELOAD`).
    `cwd` is what relative entries of PYTHONPATH are taken from; `own` is Muster's interpreter, whose pytest stands in
    where the project's may not be run.
    """

    def __init__(
        self,
        chosen: ChosenInterpreter,
        root: str,
        cache: FactCache,
        *,
        environ: Mapping[str, str],
        variables: Mapping[str, str] = MappingProxyType({}),
        cwd: str | None = None,
        own: str = sys.executable,
        static: bool = False,
        probe_timeout_s: float = PROBE_TIMEOUT_S,
    ) -> None:
        self._chosen = chosen
        self._root = os.path.realpath(root)
        self._cache = cache
        self._environ = {**environ, **{name: variables[name] for name in _VARIABLES if name in variables}}
        self._own = own
        self._static = static
        self._pythonpath = _pythonpath(self._environ, cwd or root)
        self._described: Environment | None = None
        self._probed: dict[str, ProbedModule] = {}
        self._prober = Prober(self._start_prober, probe_timeout_s)

    # The environment ------------------------------------------------------------------------------------------------

    def describe(self) -> Environment:
        """The environment, from the cache where nothing in it changed."""
        if self._described is None:
            self._described = self._from_cache() or self._describe_anew()
        return self._described

    def _from_cache(self) -> Environment | None:
        record = self._cache.load("environment", self._cache_key())
        if record is None:
            return None
        try:
            environment = msgspec.msgpack.decode(record, type=Environment)
        except (msgspec.DecodeError, RecursionError):
            return None
        return environment if self._fingerprint(environment) == environment.fingerprint else None

    def _describe_anew(self) -> Environment:
        if self._static:
            environment = self._read_only(self._own_standard_library())
        elif self._chosen.may_run:
            environment = self._asked()
        else:
            environment = self._read_only(self._base_standard_library())
        environment = msgspec.structs.replace(environment, fingerprint=self._fingerprint(environment))
        self._cache.store("environment", self._cache_key(), msgspec.msgpack.encode(environment))
        return environment

    def _cache_key(self) -> str:
        parts = [str(FORMAT), self._root, self._chosen.executable, self._chosen.why, self._own, str(self._static)]
        return fingerprint_of((), [*parts, *self._variables()])

    def _variables(self) -> list[str]:
        return [f"{name}={self._environ.get(name)}" for name in (*_VARIABLES, "HOME")] + self._pythonpath

    def _fingerprint(self, environment: Environment) -> str:
        """A digest of the interpreter, of the variables that it minds and of everything installed on its path."""
        folders = [entry for entry in environment.search_path if not self._is_examined(entry)]
        others = [str(FORMAT), self._chosen.why, *self._variables()]
        for path in (self._chosen.executable, os.path.realpath(self._chosen.executable), self._own):
            others.append(f"{path} {_times(path)}")
        others.append(repr(sorted(read_pyvenv(self._chosen.prefix).items())))
        return fingerprint_of(folders, others)

    def _is_examined(self, path: str) -> bool:
        allowed = self._allowed()
        return any(
            _is_below(place, self._root) and not any(_is_below(place, folder) for folder in allowed)
            for place in (os.path.abspath(path), os.path.realpath(path))
        )

    def _allowed(self) -> list[str]:
        """The folders inside the tree whose code may run: the environment that the user named or activated."""
        prefix = os.path.abspath(self._chosen.prefix)
        places = (prefix, os.path.realpath(prefix))
        if any(_is_below(self._root, place) for place in places):
            # An environment made in the root itself, or `/usr` for a tree below it: then only what is Python's own.
            return [folder for place in dict.fromkeys(places) for folder in _python_folders(place)]
        return [place for place in places if _is_below(place, self._root)]

    # Asking ---------------------------------------------------------------------------------------------------------

    def _asked(self) -> Environment:
        """Real pytest in an empty folder; where plugins do not let it start there, as much as can be had without."""
        problems: list[str] = []
        for mode in ("session", "help", "plain"):
            dump = self._dump(self._chosen.executable, mode)
            if not isinstance(dump, ChildDied):
                return self._with_core(self._environment(dump, problems))
            if mode != "help":
                problems.append(f"pytest does not start in an empty folder ({dump.reason}): {_last_line(dump.stderr)}")
        read = self._read_only(self._own_standard_library())
        return msgspec.structs.replace(read, problems=(*problems, *read.problems))

    def _with_core(self, environment: Environment) -> Environment:
        """`environment` with the options and settings of the pytest beside Muster, where it has none of its own."""
        core = None if environment.pytest_version else self._own_pytest()
        if core is None:
            return environment
        return msgspec.structs.replace(
            environment,
            preloaded=_names_loaded_by_pytest(environment, core),
            markers=core.markers,
            options=core.options,
            ini_options=core.ini_options,
            plugins=core.plugins,
        )

    def _dump(self, interpreter: str, mode: str, with_site: bool = True) -> dict[str, Any] | ChildDied:
        spec = {**self._spec(with_site), "mode": mode}
        try:
            child = self._start(interpreter, "environment_dump.py", spec)
        except OSError as error:
            return ChildDied(f"'{interpreter}' cannot be run", error.strerror or str(error))
        try:
            answer = child.receive(DUMP_TIMEOUT_S)
            if isinstance(answer, ChildDied):
                return answer
            dump = json.loads(answer)
            return dump if isinstance(dump, dict) else ChildDied("no answer", "")
        except ValueError:
            return ChildDied("its answer is cut short", child.last_words())
        finally:
            child.close()

    def _spec(self, with_site: bool = True) -> dict[str, object]:
        return {
            "root": self._root,
            "allowed": self._allowed(),
            "pythonpath": self._pythonpath if with_site else [],
            "user_site": not self._environ.get("PYTHONNOUSERSITE"),
            "site": with_site,
            "own_site": self._chosen.may_run,
        }

    def _environment(self, dump: dict[str, Any], problems: Sequence[str]) -> Environment:
        path, site_packages = dump["search_path"], dump["site_packages"]
        described: dict[str, object] = {
            **{name: dump[name] for name in ("platform", "os_name", "machine", "prefix", "preloaded")},
            "executable": self._chosen.executable,
            "why": self._chosen.why,
            "version": dump["version"],
            "search_path": path,
            "site_packages": site_packages,
            "builtin_modules": dump["builtin_modules"],
            "stdlib_modules": dump["stdlib_modules"],
            "builtins": dump["builtins"],
            "problems": [*problems, *dump.get("problems", ())],
            **{name: dump[name] for name in ("pytest_version", "withheld_plugins") if name in dump},
            **{
                name: dump[name]
                for name in ("markers", "options", "ini_options", "plugins", "fixtures", "hooks")
                if name in dump
            },
        }
        environment = msgspec.convert(described, type=Environment)
        return msgspec.structs.replace(
            environment,
            distributions=read_distributions(path, site_packages),
            editable_finders=read_editable_finders(site_packages),
        )

    # Reading --------------------------------------------------------------------------------------------------------

    def _base_standard_library(self) -> Environment:
        """The standard library as the environment's base interpreter has it, else Muster's own."""
        if self._chosen.base:
            dump = self._dump(self._chosen.base, "plain", with_site=False)
            if not isinstance(dump, ChildDied):
                return self._environment(dump, ())
        return self._own_standard_library()

    def _own_standard_library(self) -> Environment:
        """The standard library by Muster's own interpreter, in the environment's folders where they are known."""
        version = environment_version(self._chosen.prefix) or sys.version_info[:3]
        home = read_pyvenv(self._chosen.prefix).get("home", "")
        prefix = os.path.dirname(home) if os.path.isabs(home) else sys.base_prefix
        short = f"{version[0]}.{version[1]}"
        library = os.path.join(prefix, "lib", f"python{short}")
        return Environment(
            executable=self._chosen.executable,
            why=self._chosen.why,
            version=version,
            platform=sys.platform,
            os_name=os.name,
            search_path=(
                os.path.join(prefix, "lib", f"python{short.replace('.', '')}.zip"),
                library,
                os.path.join(library, "lib-dynload"),
            ),
            builtin_modules=frozenset(sys.builtin_module_names),
            stdlib_modules=frozenset(sys.stdlib_module_names),
            builtins=frozenset(dir(builtins)),
            problems=() if version[:2] == sys.version_info[:2] else (f"the names of Python {short} were not asked",),
        )

    def _read_only(self, standard: Environment) -> Environment:
        """`standard` with what the metadata of the chosen environment says beside it."""
        version = environment_version(self._chosen.prefix) or standard.version
        site_packages = _site_folders(self._chosen.prefix, version)
        path = list(self._pythonpath)
        path += [entry for entry in standard.search_path if entry not in path]
        for folder in site_packages:
            path += [folder, *read_pth_entries(folder)]
        path = list(dict.fromkeys(path))
        distributions = read_distributions(path, site_packages)
        plugins = [(name, module) for distribution in distributions for name, module in distribution.pytest_plugins]
        core = self._with_core(msgspec.structs.replace(standard, pytest_version=""))
        return msgspec.structs.replace(
            core,
            executable=self._chosen.executable,
            why=self._chosen.why,
            version=version,
            prefix=self._chosen.prefix,
            pytest_version=_version_of("pytest", distributions),
            search_path=tuple(path),
            site_packages=tuple(site_packages),
            distributions=distributions,
            editable_finders=read_editable_finders(site_packages),
            withheld_plugins=tuple(plugins),
            asked=False,
        )

    def _own_pytest(self) -> Environment | None:
        """The pytest beside Muster, without plugins: it knows the core's options where the project's is not asked."""
        if self._static:
            return None
        dump = self._dump(self._own, "plain")
        if isinstance(dump, ChildDied) or not dump.get("pytest_version"):
            return None
        return self._environment(dump, ())

    # Probing --------------------------------------------------------------------------------------------------------

    def probe(self, module: str) -> ProbedModule | None:
        """What importing the installed or standard `module` does; None where the environment may not be asked."""
        return self.probe_many([module]).get(module)

    def probe_many(self, modules: Sequence[str]) -> dict[str, ProbedModule]:
        """What importing each of `modules` does; those that may not be asked are left out."""
        wanted = [name for name in dict.fromkeys(modules) if name not in self._probed and self._may_probe(name)]
        if wanted:
            fingerprint = self.describe().fingerprint
            keys = {f"{fingerprint}:{name}": name for name in wanted}
            for key, record in self._cache.load_many("probe", list(keys)).items():
                try:
                    self._probed[keys[key]] = msgspec.msgpack.decode(record, type=ProbedModule)
                except (msgspec.DecodeError, RecursionError):
                    continue
            for key, name in keys.items():
                if name not in self._probed:
                    probed = self._probed[name] = self._prober.probe(name)
                    self._cache.store("probe", key, msgspec.msgpack.encode(probed))
        return {name: self._probed[name] for name in modules if name in self._probed}

    def _may_probe(self, name: str) -> bool:
        """Whether `name` may be imported: anything where the environment may be run, else the standard library."""
        module, colon, attribute = name.partition(":")
        if self._static or not all(part.isidentifier() for part in module.split(".")):
            return False
        if colon and not attribute.isidentifier():
            return False
        if self._chosen.may_run:
            return True
        return bool(self._chosen.base) and name.partition(".")[0] in self.describe().stdlib_modules

    def _start_prober(self) -> GuestProcess:
        interpreter = self._chosen.executable if self._chosen.may_run else self._chosen.base
        return self._start(interpreter, "prober.py", self._spec(with_site=self._chosen.may_run))

    def _start(self, interpreter: str, script: str, spec: Mapping[str, object]) -> GuestProcess:
        from muster.adapters.guest_process import GuestProcess  # it brings subprocess, and a warm run starts nothing

        return GuestProcess(interpreter, ("isolated_site.py", script), spec, self._environ)

    def close(self) -> None:
        """End the probing child."""
        self._prober.close()


def _pythonpath(environ: Mapping[str, str], cwd: str) -> list[str]:
    """The entries of PYTHONPATH, absolute as `site` makes them; an empty one is the working directory."""
    value = environ.get("PYTHONPATH", "")
    entries = value.split(os.pathsep) if value else []
    return list(dict.fromkeys(os.path.abspath(os.path.join(cwd, entry)) for entry in entries))


def _site_folders(prefix: str, version: tuple[int, int, int]) -> list[str]:
    """The environment's own site-packages; `lib64` is often a link to `lib`."""
    folders: dict[str, str] = {}
    for library in ("lib", "lib64"):
        folder = os.path.join(prefix, library, f"python{version[0]}.{version[1]}", "site-packages")
        if os.path.isdir(folder):
            folders.setdefault(os.path.realpath(folder), folder)
    return list(folders.values())


def _python_folders(prefix: str) -> list[str]:
    """The `lib/pythonX.Y` folders of an environment; `lib` itself may well be the project's."""
    found: list[str] = []
    for library in ("lib", "lib64"):
        folder = os.path.join(prefix, library)
        try:
            found += [os.path.join(folder, name) for name in os.listdir(folder) if _PYTHON_FOLDER.fullmatch(name)]
        except OSError:
            continue
    return found


def _names_loaded_by_pytest(standard: Environment, core: Environment) -> dict[str, str]:
    """What is in `sys.modules` when collection starts, as far as is known; files of other environments are left out."""
    loaded = dict(standard.preloaded)
    for name in core.preloaded:
        loaded.setdefault(name, "")
    return loaded


def _version_of(name: str, distributions: Sequence[Distribution]) -> str:
    return next((found.version for found in distributions if found.name.lower() == name), "")


def _times(path: str) -> str:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "-"
    return f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("pytest ended with")]
    return lines[-1][:300] if lines else "no message"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
