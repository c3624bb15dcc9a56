"""Traces what one collection does to its own process, change by change, beside `observer.py`.

This text is put behind that of the observer and shares its names; Python 3.9 syntax, standard library and pytest only.
What costs time on every import or call is kept to a comparison: the import system is timed where a module is met for
the first time (`importlib._bootstrap._find_and_load`, which an import of a loaded module does not reach), `sys.path`
is a list that tells of its changes, and everything else that matters raises an auditing event by itself (PEP 578).

Further events in the record:

    moment     name, at: seconds since the process was asked for
    timed      path, nodeid, at, seconds: a file was collected
    imports    rows: [[name, file, asker, line, during, at, seconds, own seconds, succeeded, in the main thread], ...]
    change     kind, value, frames, during, at, exact: frames are [[path, line], ...], the innermost last; where the
               change is not `exact`, it was made in the innermost file at that line or before it
    threads    names of those that still run when everything is collected
"""

import _thread
import sys as _sys
import time as _time

CHANGE_LIMIT = 20_000
TEXT_LIMIT_OF_A_CHANGE = 2_000
STATEMENT_FRAMES = 12
# What pytest sets itself.
_OWN_VARIABLES = (b"PYTEST_", b"_PYTEST")

_IMPORT_WRAPPER = """
def _find_and_load(name, import_):
    token = enter(name)
    try:
        return find_and_load(name, import_)
    finally:
        leave(name, token)
"""


def trace(record_path, spawned):
    """Traces the next session of this process, which was asked for at the time `spawned`, into `record_path`.

    Returns the tracer.
    """
    tracer = Tracer(_Log(record_path), spawned)
    tracer.install()
    extra_plugins.append(TracePlugin(tracer))
    mark_trace_hooks()
    return tracer


class Tracer:
    """The state of a trace. Nothing in here may raise: it runs inside the project's own statements."""

    def __init__(self, log, spawned):
        self.log = log
        self.started = _time.perf_counter() - (_time.time() - spawned)
        self.during = ""
        self.main_thread = _get_ident()
        self.stacks = {}
        self.rows = []
        self.loaded = {}
        self.known = {}
        self.filters = []
        self.changes = 0
        self.path = None
        self.path_before = []
        self.finders = []
        self.module_count = 0
        self.modules = frozenset()
        self.is_busy = False
        self.own = ()
        self.pytest_folders = ()

    def now(self):
        return round(_time.perf_counter() - self.started, 6)

    def install(self):
        import importlib._bootstrap as bootstrap

        library = os.path.dirname(os.__file__)
        self.own = (library + os.sep, "<frozen ", "<muster")
        names = {"find_and_load": bootstrap._find_and_load, "enter": self.enter, "leave": self.leave}
        # Under this name CPython takes the frame out of tracebacks, as it does with those of the import system.
        exec(compile(_IMPORT_WRAPPER, "<frozen importlib._bootstrap>", "exec"), names)
        bootstrap._find_and_load = names["_find_and_load"]
        self.moment("start")
        self.watch_path()
        self.finders = list(_sys.meta_path)
        self.count_modules()
        if _sys.version_info < (3, 13):
            _time.sleep = self.telling(_time.sleep, "time.sleep")
        if _sys.version_info < (3, 12):
            _thread.start_new_thread = self.telling(_thread.start_new_thread, "_thread.start_new_thread")
            if "threading" in _sys.modules:
                _sys.modules["threading"]._start_new_thread = _thread.start_new_thread
        _sys.addaudithook(self.audit)

    def telling(self, function, event):
        """`function` with the auditing event that later Pythons raise by themselves."""

        def told(*arguments, **keywords):
            self.audit(event, arguments)
            return function(*arguments, **keywords)

        told.__name__ = told.__qualname__ = function.__name__
        told.__module__, told.__doc__ = function.__module__, function.__doc__
        return told

    def moment(self, name):
        self.log.write("moment", name=name, at=self.now())

    # Imports.

    def enter(self, name):
        import_frame = _sys._getframe(2)
        asker = self.asker(import_frame)
        self.notice(asker)
        stack = self.stacks.setdefault(_get_ident(), [])
        token = [name, asker, _time.perf_counter(), 0.0]
        stack.append(token)
        return token

    def leave(self, name, token):
        now = _time.perf_counter()
        stack = self.stacks.get(_get_ident()) or [token]
        if stack[-1] is token:
            stack.pop()
        _, asker, began, below = token
        seconds = now - began
        if stack:
            stack[-1][3] += seconds
        module = _sys.modules.get(name)
        file = _module_file(module)
        self.loaded[name] = module
        self.notice((file, 0), loaded=1 if module is not None else 0)
        self.rows.append(
            [
                name,
                file,
                asker[0],
                asker[1],
                self.during,
                round(began - self.started, 6),
                round(seconds, 6),
                round(seconds - below, 6),
                module is not None,
                _get_ident() == self.main_thread,
            ]
        )

    def asker(self, frame):
        while frame is not None:
            path = frame.f_code.co_filename
            if not path.startswith("<frozen importlib") and not path.endswith(
                ("importlib/__init__.py", "importlib\\__init__.py")
            ):
                return path, frame.f_lineno
            frame = frame.f_back
        return "", 0

    def flush(self):
        rows, self.rows = self.rows, []
        for start in range(0, len(rows), ITEMS_PER_LINE):
            self.log.write("imports", rows=rows[start : start + ITEMS_PER_LINE])

    # Changes that have to be looked for: at every import, and when a file is done.

    def begin_file(self, path):
        """From here on the file at `path` is collected."""
        self.notice(("", 0))
        self.during = path
        self.known, self.loaded = dict(_sys.modules), {}
        self.filters = _filters()

    def end_file(self):
        """Looks for what was not noticed until now, and tells all."""
        self.look((self.during, 0))
        self.flush()
        self.during = ""

    def look(self, place, frames=None, modules=True):
        """As `notice`, for everything else that can be looked for as well: of that, `modules` take longest."""
        self.notice(place, frames=frames)
        if not self.during or self.is_busy:
            return
        for entry in _filters():
            if entry not in self.filters:
                self.filters.append(entry)
                self.change("filters", "+" + _text(entry), place, frames)
        if not modules:
            return
        # What an import loads is there from then on, whatever stood there before.
        self.known.update((name, module) for name, module in self.loaded.items() if module is not None)
        self.loaded = {}
        for name in [name for name, module in self.known.items() if _sys.modules.get(name) is not module]:
            if name in _sys.modules:
                self.change("module", "=" + str(name), place, frames)
                self.known[name] = _sys.modules[name]
            else:
                self.change("module", "-" + str(name), place, frames)
                del self.known[name]

    def notice(self, place, loaded=0, frames=None):
        """Looks for what the statements before this moment changed; `place` is where they end.

        In place of a `place` there may be `frames` that lead to the very statement.
        """
        if self.is_busy:
            return
        if _sys.path is not self.path:
            before, after = self.path_before, list(_sys.path)
            self.watch_path()
            self.path_changed(before, after, place, frames)
        if len(_sys.meta_path) != len(self.finders) or any(map(_is_not, _sys.meta_path, self.finders)):
            before, self.finders = self.finders, list(_sys.meta_path)
            for finder in self.finders:
                if not any(finder is other for other in before):
                    self.change("meta_path", "+" + _name_of(finder), place, frames)
            for finder in before:
                if not any(finder is other for other in self.finders):
                    self.change("meta_path", "-" + _name_of(finder), place, frames)
        self.module_count += loaded
        if len(_sys.modules) != self.module_count:
            before = self.modules
            self.count_modules()
            for name in sorted(map(str, self.modules - before)):
                if _is_put_there(_sys.modules.get(name)):
                    self.change("module", "+" + name, place, frames)

    def count_modules(self):
        self.module_count = len(_sys.modules)
        self.modules = frozenset(_sys.modules)

    def watch_path(self):
        self.path = _sys.path = _WatchedPath(_sys.path)
        self.path.tracer = self
        self.path_before = list(self.path)

    def path_changed(self, before, after, place=None, frames=None):
        self.path_before = list(after)
        for entry in after:
            if entry not in before:
                self.change("path", "+{} {}".format(after.index(entry), _text(entry)), place, frames)
        for entry in before:
            if entry not in after:
                self.change("path", "-{} {}".format(before.index(entry), _text(entry)), place, frames)

    # Changes that tell of themselves.

    def audit(self, event, arguments):
        watched = _WATCHED.get(event)
        if watched is None or self.is_busy:
            return
        self.is_busy = True
        try:
            kind, value = watched(arguments)
            if kind:
                self.change(kind, value, None)
        except Exception:
            pass
        finally:
            self.is_busy = False

    def change(self, kind, value, place, frames=None):
        if self.changes >= CHANGE_LIMIT:
            return
        if frames is None:
            frames = [list(place)] if place is not None else self.frames(_sys._getframe(1))
        if not frames:
            return
        self.changes += 1
        self.log.write(
            "change",
            kind=kind,
            value=value[:TEXT_LIMIT_OF_A_CHANGE],
            frames=[[_text(path), line] for path, line in frames],
            during=self.during,
            at=self.now(),
            exact=place is None,
        )

    def frames(self, frame):
        """The way to the statement, without the import system, the standard library and pytest."""
        found = []
        while frame is not None and len(found) < STATEMENT_FRAMES:
            path = frame.f_code.co_filename
            if ("site-packages" in path or not path.startswith(self.own)) and not self.is_pytest(path):
                found.append((path, frame.f_lineno))
            frame = frame.f_back
        while found and found[-1][0] == "<string>":
            # The text that started all this.
            found.pop()
        found.reverse()
        return found

    def is_pytest(self, path):
        if not self.pytest_folders and "_pytest.config" in _sys.modules:
            names = ("_pytest", "pluggy", "pytest")
            files = [_module_file(_sys.modules.get(name)) for name in names]
            self.pytest_folders = tuple(os.path.dirname(file) + os.sep for file in files if file)
        return path == _sys.argv[0] or path.startswith(self.pytest_folders)


class _WatchedPath(list):
    """`sys.path`, telling of changes."""

    tracer = None

    def __reduce_ex__(self, protocol):
        return list, (list(self),)


def _told(name):
    plain = getattr(list, name)

    def method(self, *arguments, **keywords):
        before = list(self)
        try:
            return plain(self, *arguments, **keywords)
        finally:
            tracer = self.tracer
            if tracer is not None and not tracer.is_busy and _sys.path is self:
                after = list(self)
                if after != before:
                    tracer.path_changed(before, after)

    method.__name__ = name
    return method


for _name in "append insert extend remove pop clear __setitem__ __delitem__ __iadd__ __imul__".split():
    setattr(_WatchedPath, _name, _told(_name))


def _filters():
    warnings = _sys.modules.get("warnings")
    return list(warnings.filters) if warnings is not None else []


def _is_not(one, other):
    return one is not other


def _get_ident():
    return _thread.get_ident()


def _name_of(finder):
    kind = finder if isinstance(finder, type) else type(finder)
    return "{}.{}".format(kind.__module__, kind.__qualname__)


def _module_file(module):
    try:
        spec = vars(module).get("__spec__")
        return _text(vars(module).get("__file__") or getattr(spec, "origin", None) or "")
    except Exception:
        return ""


def _is_put_there(module):
    """Whether no import made this entry of `sys.modules`; pytest makes some itself in the importlib mode."""
    try:
        values = vars(module)
        if isinstance(module, type(_sys)) and values.get("__spec__") is not None:
            return False
        return not str(values.get("__doc__") or "").startswith("Empty module created by pytest")
    except Exception:
        return module is not None


def _decoded(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _variable(arguments, sign):
    name = arguments[0]
    name = name if isinstance(name, bytes) else str(name).encode("utf-8", "replace")
    if name.startswith(_OWN_VARIABLES):
        return "", ""
    return "environ", sign + _decoded(name)


def _address(arguments):
    address = arguments[1]
    if isinstance(address, tuple) and len(address) >= 2:
        return "socket", "{}:{}".format(_decoded(address[0]), address[1])
    return "socket", _decoded(address)


def _opened(arguments):
    socket = _sys.modules.get("socket")
    family, kind = arguments[1:3]
    if socket is not None:
        family, kind = socket.AddressFamily(family).name, socket.SocketKind(kind & 0xF).name
    return "socket", "opened {} {}".format(family, kind)


def _thread_name(function):
    return str(getattr(getattr(function, "__self__", None), "name", "") or getattr(function, "__qualname__", ""))


def _program(value):
    return os.path.basename(_decoded(value))


# Only the names of variables and programs: values and arguments may be secrets.
_WATCHED = {
    "os.putenv": lambda arguments: _variable(arguments, "+"),
    "os.unsetenv": lambda arguments: _variable(arguments, "-"),
    "os.chdir": lambda arguments: ("cwd", _decoded(arguments[0])),
    "socket.connect": _address,
    "socket.bind": _address,
    "socket.__new__": _opened,
    "socket.getaddrinfo": lambda arguments: ("socket", "{}:{}".format(_decoded(arguments[0]), arguments[1])),
    "socket.gethostbyname": lambda arguments: ("socket", _decoded(arguments[0])),
    "subprocess.Popen": lambda arguments: ("process", _program(arguments[0])),
    "os.system": lambda arguments: ("process", _decoded(arguments[0]).split(" ")[0]),
    "os.posix_spawn": lambda arguments: ("process", _program(arguments[0])),
    "os.spawn": lambda arguments: ("process", _program(arguments[1])),
    "os.fork": lambda arguments: ("process", "fork"),
    "os.forkpty": lambda arguments: ("process", "fork"),
    "_thread.start_new_thread": lambda arguments: ("thread", _thread_name(arguments[0])),
    "_thread.start_joinable_thread": lambda arguments: ("thread", _thread_name(arguments[0])),
    "time.sleep": lambda arguments: ("sleep", repr(float(arguments[0]))),
}


class TracePlugin:
    """The plugin that tells the tracer where the session stands."""

    def __init__(self, tracer):
        self.tracer = tracer

    def pytest_configure(self, config):
        self.tracer.moment("configure")

    def pytest_sessionstart(self, session):
        self.tracer.moment("sessionstart")

    def pytest_collection(self, session):
        self.tracer.flush()
        self.tracer.moment("collection")

    def pytest_make_collect_report(self, collector):
        if not _is_file(collector):
            yield
            return
        tracer, path = self.tracer, _text(collector.path)
        tracer.begin_file(path)
        began = tracer.now()
        yield
        seconds = tracer.now() - began
        tracer.log.write("timed", path=path, nodeid=_text(collector.nodeid), at=began, seconds=round(seconds, 6))
        tracer.end_file()

    def pytest_collection_finish(self, session):
        tracer = self.tracer
        tracer.flush()
        tracer.moment("collected")
        threading = _sys.modules.get("threading")
        if threading is not None:
            names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
            tracer.log.write("threads", names=[_text(name) for name in names])

    def pytest_sessionfinish(self, session):
        self.tracer.flush()
        self.tracer.moment("finish")


def mark_trace_hooks():
    """Declares the hooks late, as the observer does."""
    import pytest

    TracePlugin.pytest_make_collect_report = pytest.hookimpl(hookwrapper=True, tryfirst=True)(
        TracePlugin.pytest_make_collect_report
    )
    for name in ("pytest_collection", "pytest_sessionstart", "pytest_configure"):
        setattr(TracePlugin, name, pytest.hookimpl(tryfirst=True)(vars(TracePlugin)[name]))
    TracePlugin.pytest_collection_finish = pytest.hookimpl(trylast=True)(TracePlugin.pytest_collection_finish)
