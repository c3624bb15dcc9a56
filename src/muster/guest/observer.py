"""Watches one real pytest session from inside and writes what it collected, as JSON lines, to a file.

It is sent as text to the project's own interpreter, so it speaks Python 3.9 and needs the standard library and pytest
only. Nothing of it is visible to the project: `sys.path`, `sys.argv` and the working directory are those of the plain
command, no plugin name stands on the command line and no variable in the environment. It hangs itself onto the one
function through which every pytest from 7.4 on makes its configuration, `_pytest.config._prepareconfig`.

Each line is an object with an `event`:

    config      rootdir, inifile, pytest (version), python (version)
    file        path, nodeid: a collector for a file is about to collect
    conftest    path, done: a conftest is about to be executed, or was
    report      nodeid, path, outcome (failed | skipped), exception, reason
    effect      kind, value, index, path, line, during
    stopped     reason: `-x` or `--maxfail` ended collection
    deselected  nodeids
    items       items: [[nodeid, path, line], ...]
    abort       nodeid, path, exception: the session ended before its time
    finish      the session ended by itself
"""

import json
import os
import sys

MESSAGE_LIMIT = 100_000
FRAME_LIMIT = 200
CHAIN_LIMIT = 10
ITEMS_PER_LINE = 500
extra_plugins = []
"""What a text behind this one adds to the session."""


def run_module(record_path):
    """Runs `python -m pytest` from here on, observed; `sys.argv[1:]` and `sys.path` are those of the command."""
    import runpy

    observe(record_path)
    runpy._run_module_as_main("pytest", alter_argv=True)


def run_script(record_path, script):
    """Runs the console script `script` from here on, observed."""
    observe(record_path)
    try:
        with open(script, "rb") as stream:
            source = stream.read()
        code = compile(source, script, "exec")
    except (OSError, SyntaxError, ValueError):
        # No readable script (a launcher binary, or none installed): what every such script of pytest says.
        code = compile("import sys\nfrom pytest import console_main\nsys.exit(console_main())\n", script, "exec")
    main = sys.modules["__main__"].__dict__
    main["__file__"] = script
    exec(code, main)


def observe(record_path):
    """Makes the next pytest session of this process write its record to `record_path`."""
    import _pytest.config

    _mark_hooks()
    log = _Log(record_path)
    prepare = _pytest.config._prepareconfig
    load = _pytest.config.PytestPluginManager._importconftest

    def observed_load(manager, conftestpath, *arguments, **keywords):
        log.write("conftest", path=str(conftestpath), done=False)
        try:
            return load(manager, conftestpath, *arguments, **keywords)
        except BaseException as error:
            # What is no `Exception` (a skip, `sys.exit`) is not wrapped, and would not say where it comes from.
            if type(error).__name__ != "ConftestImportFailure":
                log.failing_conftest = str(conftestpath)
            raise
        finally:
            log.write("conftest", path=str(conftestpath), done=True)

    def observed_prepare(args=None, plugins=None, **keywords):
        observer = Observer(log)
        try:
            config = prepare(args, [*(plugins or ()), observer, *extra_plugins], **keywords)
        except BaseException as error:
            observer.aborted(error)
            raise
        # Set here, not on the command line: what the project reads in `sys.argv` is its own command.
        config.option.collectonly = True
        return config

    _pytest.config._prepareconfig = observed_prepare
    _pytest.config.PytestPluginManager._importconftest = observed_load


class _Log:
    """An append-only file that survives a project which closes all file descriptors."""

    def __init__(self, path):
        self.path = path
        self.failing_conftest = ""
        self.descriptor = self._opened()

    def write(self, event, **values):
        values["event"] = event
        line = (json.dumps(values) + "\n").encode("ascii")
        if not self._is_open():
            self.descriptor = self._opened()
        self._write_all(line)

    def _opened(self):
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.file = os.fstat(descriptor)
        return descriptor

    def _is_open(self):
        # Under the number of one that was closed the project may have opened a file of its own.
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.file)
        except OSError:
            return False

    def _write_all(self, line):
        while line:
            line = line[os.write(self.descriptor, line) :]


class Observer:
    """The plugin. Its hooks change nothing; old-style wrappers work with every pluggy that these pytests allow."""

    muster_guest = True  # our own plugin for pytest leaves such a session alone

    def __init__(self, log):
        self.log = log
        self.rootdir = ""
        self.collecting = []
        self.has_aborted = False
        self.files = set()

    def pytest_load_initial_conftests(self, early_config):
        self._write_config(early_config)

    def pytest_sessionstart(self, session):
        self._write_config(session.config)

    def pytest_cmdline_main(self, config):
        outcome = yield
        if outcome.excinfo is not None:
            self.aborted(outcome.excinfo[1])

    def pytest_make_collect_report(self, collector):
        self.collecting.append(collector)
        is_file = _is_file(collector)
        if is_file and (collector.nodeid, str(collector.path)) not in self.files:
            self.files.add((collector.nodeid, str(collector.path)))
            self.log.write("file", nodeid=_text(collector.nodeid), path=_text(collector.path))
        before = _session_state() if is_file else None
        outcome = yield
        if before is not None:
            self._write_effects(before, collector)
        if outcome.excinfo is not None:
            return
        self.collecting.pop()
        self._write_report(outcome.get_result(), collector)

    def pytest_deselected(self, items):
        self.log.write("deselected", nodeids=[_text(item.nodeid) for item in items])

    def pytest_collection_finish(self, session):
        rows = [_item_row(item) for item in session.items]
        for start in range(0, len(rows), ITEMS_PER_LINE):
            self.log.write("items", items=rows[start : start + ITEMS_PER_LINE])

    def pytest_internalerror(self, excinfo):
        self.aborted(excinfo.value)

    def pytest_keyboard_interrupt(self, excinfo):
        # "2 errors during collection" is how an ordinary session with errors ends; it lost no file.
        if type(excinfo.value).__name__ != "Interrupted" or "during collection" not in str(excinfo.value):
            self.aborted(excinfo.value)

    def pytest_sessionfinish(self, session):
        if str(getattr(session, "shouldfail", "") or "").startswith("stopping after"):
            self.log.write("stopped", reason=_text(session.shouldfail))
        self.log.write("finish")

    def aborted(self, error):
        """Writes once that `error` ends the session, and where."""
        if self.has_aborted:
            return
        self.has_aborted = True
        node = self.collecting[-1] if self.collecting else None
        path = node.path if node is not None else self.log.failing_conftest
        if type(error).__name__ == "ConftestImportFailure":
            path = error.path
        path = _text(path)
        nodeid = _text(node.nodeid) if node is not None else ""
        if not nodeid and path and self.rootdir:
            nodeid = os.path.relpath(path, self.rootdir).replace(os.sep, "/")
        self.log.write("abort", nodeid=nodeid, path=path, exception=describe(error))

    def _write_config(self, config):
        self.rootdir = str(config.rootpath)
        self.log.write(
            "config",
            rootdir=_text(config.rootpath),
            inifile=_text(config.inipath or ""),
            pytest=_pytest_version(),
            python=list(sys.version_info[:3]),
        )

    def _write_report(self, report, collector):
        if report.outcome == "passed":
            return
        call = report.__dict__.get("call")
        error = getattr(getattr(call, "excinfo", None), "value", None)
        self.log.write(
            "report",
            nodeid=_text(report.nodeid),
            path=_text(collector.path),
            outcome=report.outcome,
            exception=describe(error) if error is not None else None,
            reason=_message(error) if report.outcome == "skipped" and error is not None else "",
        )

    def _write_effects(self, before, collector):
        path = _text(collector.path)
        for kind, value, index in _changes(before, collector.path):
            self.log.write("effect", kind=kind, value=_text(value), index=index, path=path, line=0, during=path)


def _mark_hooks():
    """Declares the hooks late: pytest may only be imported once `sys.path` is the command's."""
    import pytest

    outermost = pytest.hookimpl(hookwrapper=True, tryfirst=True)
    Observer.pytest_cmdline_main = outermost(Observer.pytest_cmdline_main)
    Observer.pytest_make_collect_report = outermost(Observer.pytest_make_collect_report)
    first = pytest.hookimpl(tryfirst=True)
    Observer.pytest_load_initial_conftests = first(Observer.pytest_load_initial_conftests)
    last = pytest.hookimpl(trylast=True)
    Observer.pytest_collection_finish = last(Observer.pytest_collection_finish)


def describe(error):
    """The innermost exception as a dictionary: what the user must mend, not pytest's wrapping of it."""
    error = _innermost(error)
    return {
        "type": type(error).__name__,
        "message": _message(error),
        "frames": _frames(error),
        "facts": _facts(error),
        "chain": _chain(error),
    }


def _innermost(error):
    for _ in range(20):
        kind = type(error).__name__
        if kind in ("CollectError", "PluginImportFailure") and error.__cause__ is not None:
            error = error.__cause__
        elif kind == "ConftestImportFailure":
            # pytest 7 and 8.0 carry an excinfo triple, later ones the exception.
            error = error.cause if hasattr(error, "cause") else error.excinfo[1]
        else:
            break
    return error


def _chain(error):
    """What the exception comes from, nearest first: [cause | context, type, message, frames], as a traceback tells it."""
    chain = []
    while len(chain) < CHAIN_LIMIT:
        relation = "cause" if error.__cause__ is not None else "context"
        behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if behind is None:
            break
        chain.append([relation, type(behind).__name__, _message(behind), _frames(behind)])
        error = behind
    return chain


def _message(error):
    if type(error).__name__ == "UsageError":
        return _text("\n".join(str(argument) for argument in error.args))
    return _text(error)


def _frames(error):
    import importlib

    import _pytest
    import pluggy

    own = tuple(os.path.dirname(package.__file__) for package in (_pytest, pluggy, importlib))
    frames = []
    step = error.__traceback__
    while step is not None and len(frames) < FRAME_LIMIT:
        path = step.tb_frame.f_code.co_filename
        if not path.startswith(own) and not path.startswith("<frozen ") and path != __file__:
            frames.append([_text(path), step.tb_lineno])
        step = step.tb_next
    return frames


def _facts(error):
    """What the exception object itself knows beyond its text, for those that the import system raises."""
    facts = {}
    if isinstance(error, ImportError):
        facts["name"] = _text(error.name or "")
        facts["path"] = _text(error.path or "")
        facts["attribute"] = _text(getattr(error, "name_from", None) or "")
        facts["search_path"] = [_text(entry) for entry in sys.path]
        if type(error).__name__ == "ImportPathMismatchError":
            facts["mismatch"] = [_text(argument) for argument in error.args]
    elif isinstance(error, NameError):
        facts["name"] = _text(getattr(error, "name", None) or "")
    elif isinstance(error, SyntaxError):
        facts["path"] = _text(error.filename or "")
        facts["line"] = error.lineno or 0
        facts["column"] = error.offset or 0
        facts["text"] = _text(error.text or "").strip()
    elif isinstance(error, SystemExit):
        facts["code"] = _text(error.code)
    return facts


def _text(value):
    try:
        return str(value)[:MESSAGE_LIMIT]
    except Exception as error:
        return f"<unprintable {type(value).__name__}: {type(error).__name__}>"


def _is_file(collector):
    import pytest

    # Before pytest 8 a Package is a Module; it stands for a folder all the same.
    return isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package)


def _item_row(item):
    try:
        path, line, _ = item.reportinfo()
    except Exception:
        path, line = item.path, None
    return [_text(item.nodeid), _text(path), 0 if line is None else line + 1]


def _session_state():
    return list(sys.path), dict(sys.modules)


def _changes(before, path):
    """How collecting one file changed `sys.path`, and which modules it replaced in `sys.modules`."""
    old_path, old_modules = before
    own_entry = _package_root(str(path))
    for index, entry in enumerate(sys.path):
        if entry not in old_path and entry != own_entry:
            yield ("insert" if index < len(sys.path) - 1 else "append"), entry, index
    for index, entry in enumerate(old_path):
        if entry not in sys.path:
            yield "remove", entry, index
    for name, module in old_modules.items():
        if name in sys.modules and sys.modules[name] is not module:
            yield "module", name, 0


def _package_root(path):
    """The entry that pytest itself puts on the path for this file in the prepend and append modes."""
    folder = os.path.dirname(path)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def _pytest_version():
    import pytest

    return pytest.__version__
