"""Tells of a traced session what a profile needs beside the trace: who imports what, and pytest's own slow steps.

This text is put behind that of the tracer and shares its names; Python 3.9 syntax, standard library and pytest only.
The tracer sees a module when it is met for the first time. Whether deferring one import saves anything depends on all
others as well, so every import statement is noted once, by its place.

Further events in the record:

    statements   rows: [[importer, file, package, line, at module level, name, level, names of the from list], ...]
    spans        rows: [[kind (rewriting | parameters), name, at, seconds], ...]
"""

_IMPORT_NOTER = """
def __import__(name, globals=None, locals=None, fromlist=(), level=0):
    note(name, globals, fromlist, level)
    return plain_import(name, globals, locals, fromlist, level)


def _gcd_import(name, package=None, level=0):
    note_call(name, package, level)
    return plain_gcd_import(name, package, level)
"""
# What marks the code of a function (`CO_OPTIMIZED`): the bodies of modules and classes run while they are imported.
_OF_A_FUNCTION = 0x1


def profile(tracer):
    """Makes the session that `tracer` traces tell more."""
    import atexit

    noter = StatementNoter(tracer)
    noter.install()
    # pytest collects garbage after its last hook (`_pytest/unraisableexception.py`); what is registered first runs last.
    atexit.register(tracer.moment, "exit")
    time_rewriting(tracer, noter)
    extra_plugins.append(ProfilePlugin(tracer, noter))
    mark_profile_hooks()


class StatementNoter:
    """Every import that is asked for, once for each place, those of loaded modules included."""

    def __init__(self, tracer):
        self.log = tracer.log
        self.seen = set()
        self.rows = []
        self.spans = []

    def install(self):
        import builtins
        import importlib._bootstrap as bootstrap

        names = {
            "note": self.note,
            "note_call": self.note_call,
            "plain_import": builtins.__import__,
            "plain_gcd_import": bootstrap._gcd_import,
        }
        # Under this name warnings and the tracer pass over the frame, as they do with those of the import system.
        exec(compile(_IMPORT_NOTER, "<frozen importlib._bootstrap>", "exec"), names)
        builtins.__import__ = names["__import__"]
        bootstrap._gcd_import = names["_gcd_import"]

    def note(self, name, space, fromlist, level):
        frame = _sys._getframe(2)
        try:
            key = (frame.f_code.co_filename, frame.f_lineno, name, level, fromlist)
            if key in self.seen:
                return
            self.seen.add(key)
            self.keep(frame, space or frame.f_globals, name, level, fromlist)
        except Exception:
            # A from list that is no tuple, a name that is no text: Python itself will say so.
            return

    def note_call(self, name, package, level):
        """`importlib.import_module`, on behalf of whoever called it."""
        frame = _sys._getframe(2)
        while frame is not None and _is_import_system(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            self.note_at(frame, name, package, level)

    def note_at(self, frame, name, package, level):
        try:
            key = (frame.f_code.co_filename, frame.f_lineno, name, level, package)
            if key not in self.seen:
                self.seen.add(key)
                space = {"__name__": frame.f_globals.get("__name__"), "__package__": package}
                self.keep(frame, space, name, level, ())
        except Exception:
            return

    def keep(self, frame, space, name, level, fromlist):
        code = frame.f_code
        row = [
            _text(space.get("__name__") or ""),
            _text(code.co_filename),
            _text(space.get("__package__") or "") if level else "",
            frame.f_lineno,
            not code.co_flags & _OF_A_FUNCTION,
            _text(name),
            int(level),
            [_text(each) for each in fromlist or ()],
        ]
        self.rows.append(row)

    def span(self, kind, name, at, seconds):
        self.spans.append([kind, _text(name), round(at, 6), round(seconds, 6)])

    def flush(self):
        for event, rows in (("statements", self.rows), ("spans", self.spans)):
            for start in range(0, len(rows), ITEMS_PER_LINE):
                self.log.write(event, rows=rows[start : start + ITEMS_PER_LINE])
        self.rows, self.spans = [], []


def _is_import_system(path):
    return path.startswith("<frozen importlib") or path.endswith(("importlib/__init__.py", "importlib\\__init__.py"))


def time_rewriting(tracer, noter):
    """Times the rewriting of asserts, and the modules that pytest executes past the import system."""
    import _pytest.assertion.rewrite as rewrite

    def timed(function):
        def step(*arguments, **keywords):
            began = tracer.now()
            try:
                return function(*arguments, **keywords)
            finally:
                path = next((each for each in arguments if isinstance(each, os.PathLike)), "")
                noter.span("rewriting", path, began, tracer.now() - began)

        return step

    for name in ("_rewrite_test", "_write_pyc"):
        if hasattr(rewrite, name):
            setattr(rewrite, name, timed(getattr(rewrite, name)))
    execute = rewrite.AssertionRewritingHook.exec_module

    def exec_module(self, module):
        stack = tracer.stacks.get(_get_ident())
        if stack and stack[-1][0] == module.__name__:
            return execute(self, module)
        # The importlib mode: `_pytest.pathlib` finds and executes the module itself.
        token = tracer.enter(module.__name__)
        try:
            return execute(self, module)
        finally:
            tracer.leave(module.__name__, token)

    rewrite.AssertionRewritingHook.exec_module = exec_module


class ProfilePlugin:
    """Times what makes the tests of one function out of its parameters, `pytest_generate_tests` included."""

    def __init__(self, tracer, noter):
        self.tracer = tracer
        self.noter = noter

    def pytest_pycollect_makeitem(self, collector, name, obj):
        began = self.tracer.now()
        outcome = yield
        made = None if outcome.excinfo is not None else outcome.get_result()
        if type(made) is list and made and hasattr(made[0], "callspec"):
            nodeid = "{}::{}".format(collector.nodeid, name)
            self.noter.span("parameters", nodeid, began, self.tracer.now() - began)

    def pytest_collection_finish(self, session):
        self.noter.flush()

    def pytest_sessionfinish(self, session):
        self.noter.flush()


def mark_profile_hooks():
    """Declares the hooks late, as the observer does."""
    import pytest

    outermost = pytest.hookimpl(hookwrapper=True, tryfirst=True)
    ProfilePlugin.pytest_pycollect_makeitem = outermost(ProfilePlugin.pytest_pycollect_makeitem)
