"""One worker of `muster run`: a real pytest session that collects and runs only what it is given.

It is sent as text (behind `channel.py`) to the project's own interpreter: Python 3.9 syntax, standard library and pytest
only. pytest starts as the team's command starts it, with all plugins, conftests and options; what differs is the plugin
below. Plugins that ask find what pytest-xdist shows them in its workers (`config.workerinput`, `config.workeroutput`,
the `PYTEST_XDIST_*` variables), in the same order of events (`xdist/remote.py`).

To Muster:   awake; ready body=info; want; collecting nodeid path; collected items deselected; collectreport nodeid
             outcome path text body; start test; done test reports seconds text body; warning body; interrupt type text
             code; trouble text; shared keep; finished exit body=workeroutput
From Muster: go; input body={input, basetemp, paths}; batch tasks; share; end; stop
"""

import sys
import time

SECTION_LIMIT = 1_000_000
REPORT_LIMIT = 32_000_000
TEXT_LIMIT = 2_000
_now = time.perf_counter


def start(spec):
    """Runs the session that `spec` (descriptor, workers) describes; does not return."""
    channel = Channel(spec["descriptor"])  # noqa: F821  # because channel.py stands before this text
    preload()
    channel.send("awake")
    header, _ = channel.receive()
    if header is None or header["kind"] != "go":
        sys.exit(0)
    import pytest

    worker = marked(pytest, Worker)(channel, spec)
    code = pytest.main(sys.argv[1:], plugins=[worker])
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(int(code))


def preload():
    """Imports what every pytest session needs, so that it is there once the session may start."""
    import importlib

    import _pytest.config

    for name in getattr(_pytest.config, "default_plugins", ()):
        try:
            importlib.import_module("_pytest." + name)
        except ImportError:
            continue


def marked(pytest, kind):
    """`kind` with its hooks declared: pytest may only be imported once `sys.path` is the command's."""
    outermost = pytest.hookimpl(hookwrapper=True, tryfirst=True)
    for name in ("pytest_load_initial_conftests", "pytest_cmdline_main", "pytest_make_collect_report"):
        if name in vars(kind):
            setattr(kind, name, outermost(vars(kind)[name]))
    kind.pytest_runtestloop = pytest.hookimpl(tryfirst=True)(vars(kind)["pytest_runtestloop"])
    kind.pytest_configure = pytest.hookimpl(tryfirst=True)(vars(kind)["pytest_configure"])
    if "pytest_sessionfinish" in vars(kind):
        kind.pytest_sessionfinish = pytest.hookimpl(hookwrapper=True, trylast=True)(vars(kind)["pytest_sessionfinish"])
    return kind


class Worker:
    """The plugin."""

    muster_guest = True  # our own plugin for pytest leaves such a session alone

    def __init__(self, channel, spec):
        self.channel = channel
        self.spec = spec
        self.config = None
        self.items = []
        self.position = 0
        self.ended = False
        self.stopped = False
        self.tasks = []
        self.initial_paths = frozenset()
        self.collected = 0
        self.deselected = []
        self.reports = None
        self.broken = set()

    # Start-up, as in xdist: options are read, then `workerinput` is there before anything is configured.

    def pytest_load_initial_conftests(self, early_config):
        pose_as_distributed(early_config.known_args_namespace, self.spec["workers"])
        yield

    def pytest_cmdline_main(self, config):
        header, body = self.channel.receive()
        if header is None or header["kind"] != "input":
            sys.exit(0)
        option = config.option
        pose_as_local(option)
        option.loadgroup = False
        option.basetemp = body["basetemp"]
        for name in ("lf", "usepdb", "collectonly"):
            # Muster has chosen by `--lf` already: asked for one file only, pytest would run all of it.
            setattr(option, name, False)
        config.workerinput = body["input"]
        config.workeroutput = {}
        self.config = config
        self.initial_paths = body["paths"]
        yield

    def pytest_configure(self, config):
        config.option.pyargs = False

    def pytest_sessionstart(self, session):
        silence_terminal(session.config)
        share_captures(session.config, self.channel)
        adopt(session, self)
        self.channel.send("ready", body=interpreter_facts())

    # Collection.

    def next_tasks(self):
        """What to collect now: the tasks that were fetched before, else the first ones."""
        tasks, self.tasks = self.tasks, []
        return tasks or ([] if self.ended else self.fetch())

    def fetch(self):
        """The next tasks from Muster; none once there are no more."""
        self.channel.send("want")
        header, _ = self.channel.receive()
        while header is not None and header["kind"] == "share":
            # It was asked before it heard that there is nothing left here.
            self.channel.send("shared", keep=len(self.items))
            header, _ = self.channel.receive()
        if header is None or header["kind"] != "batch":
            self.ended = True
            self.stopped = header is None or header["kind"] == "stop"
            return []
        return header["tasks"]

    def collect(self, session, perform, tasks):
        """Lets pytest collect `tasks`; keeps of the items those that the tasks name."""
        import pytest

        self.deselected = []
        started = _now()
        arguments = [argument for task in tasks for argument in task["arguments"]]
        try:
            perform(arguments)
        except pytest.UsageError as error:
            # A file that vanished, or that a plugin does not collect: what is known is told, one file at a time.
            kept = []
            if len(tasks) == 1:
                self.lose(tasks[0], error)
            for task in tasks if len(tasks) > 1 else ():
                kept.extend(self.collect_one(session, perform, task))
            session.items = kept
        session.items[:] = chosen(session.items, tasks)
        self.collected += len(session.items)
        session.testscollected = self.collected
        rows = [[str(item.nodeid), str(item.path)] for item in session.items]
        self.channel.send("collected", items=rows, deselected=self.deselected, seconds=_now() - started)

    def collect_one(self, session, perform, task):
        import pytest

        try:
            perform(task["arguments"])
        except pytest.UsageError as error:
            self.lose(task, error)
            return []
        return list(session.items)

    def lose(self, task, error):
        """Tells of a file that pytest does not find, unless a folder above it has failed, which was told then."""
        if self.broken.isdisjoint(map(str, as_paths([task["path"]])[0].parents)):
            self.channel.send("lost", path=task["path"], text=text_of(error)[:TEXT_LIMIT])  # noqa: F821

    def pytest_deselected(self, items):
        self.deselected.extend(str(item.nodeid) for item in items)

    def pytest_make_collect_report(self, collector):
        self.channel.send("collecting", nodeid=str(collector.nodeid), path=str(getattr(collector, "path", "")))
        outcome = yield
        if outcome.excinfo is not None and issubclass(outcome.excinfo[0], SystemExit):
            outcome.force_result(ended_report(collector, outcome.excinfo[1]))
        if outcome.excinfo is None and not outcome.get_result().passed:
            self.broken.add(str(getattr(collector, "path", "")))

    def pytest_collectreport(self, report):
        if report.passed:
            return
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.channel.send(
            "collectreport",
            nodeid=str(report.nodeid),
            outcome=report.outcome,
            text=last_line(report.longrepr),
            body=data,
        )

    # Running.

    def pytest_runtestloop(self, session):
        self.items = list(session.items)
        while self.prepare_next(session):
            self.run_one(session)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            if self.channel.has_message():
                self.heed(session)
        return True

    def heed(self, session):
        """Does what Muster says between two tests: stop, or leave tests to another worker."""
        header, _ = self.channel.receive()
        if header is not None and header["kind"] == "share":
            self.share(session)
        else:
            self.stopped = True

    def share(self, session):
        """Gives up the second half of what is left, at the border of a class where one is near."""
        left = [str(item.nodeid) for item in self.items[self.position :]]
        half = (len(left) + 1) // 2
        keep = self.position + cut(left, half, half)
        self.collected -= len(self.items) - keep
        session.testscollected = self.collected
        del self.items[keep:]
        self.channel.send("shared", keep=keep)

    def prepare_next(self, session):
        """Makes sure that the next item and the one behind it are there, as far as there are any."""
        while not self.ended and len(self.items) - self.position < 2:
            self.tasks = self.fetch()
            if self.tasks:
                # The whole hook, so that filters and captures of a collection hold for this one too.
                session.config.hook.pytest_collection(session=session)
                self.items.extend(session.items)
            if session.shouldfail or session.shouldstop:
                return False
        return self.position < len(self.items) and not self.stopped

    def run_one(self, session):
        number, item = self.position, self.items[self.position]
        nextitem = self.items[number + 1] if number + 1 < len(self.items) else None
        self.reports = []
        self.channel.send("start", test=number)
        started = _now()
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        seconds = _now() - started
        reports, self.reports = self.reports, None
        self.items[number] = None
        self.position += 1
        self.channel.send(
            "done",
            test=number,
            seconds=seconds,
            reports=[row for row, _ in reports],
            body=[data for _, data in reports],
        )

    def pytest_runtest_logreport(self, report):
        if self.reports is None:
            return
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        shorten(data)
        text = last_line(report.longrepr) if report.outcome != "passed" else ""
        self.reports.append(([report.when, report.outcome, hasattr(report, "wasxfail"), text], data))

    # Everything else that the controller must hear of.

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        self.channel.send("warning", body=described_warning(warning_message, when, str(nodeid), location))

    def pytest_keyboard_interrupt(self, excinfo):
        error = excinfo.value
        name = type(error).__name__
        if name == "Interrupted":
            return
        code = getattr(error, "returncode", None)
        self.channel.send("interrupt", type=name, text=text_of(error)[:TEXT_LIMIT], code=code)  # noqa: F821

    def pytest_internalerror(self, excrepr):
        self.channel.send("trouble", text=text_of(excrepr))  # noqa: F821

    def pytest_sessionfinish(self, session, exitstatus):
        output = self.config.workeroutput
        output["exitstatus"] = int(exitstatus)
        output["shouldfail"] = session.shouldfail
        output["shouldstop"] = session.shouldstop
        yield
        self.channel.send("finished", exit=int(exitstatus), body=output)


def adopt(session, worker):
    """Makes `session` collect what the worker is given, over one set of folder nodes.

    pytest makes new nodes for every folder on the way to a file that is given by name, and lists the folder anew
    (`Session.collect`): over thousands of files that would be quadratic, and fixtures of a package would be set up
    again for each of its files. What counts as given on the command line stays what the team's command gives.
    """
    import pytest

    base = type(session)
    folder = getattr(pytest, "Directory", ())
    reports, roots = {}, {}

    class WorkerSession(base):
        @property
        def _collection_cache(self):
            return reports

        @_collection_cache.setter
        def _collection_cache(self, value):
            return

        @property
        def _initialpaths(self):
            return worker.paths

        @_initialpaths.setter
        def _initialpaths(self, value):
            return

        @property
        def _initialpaths_with_parents(self):
            return worker.paths_with_parents

        @_initialpaths_with_parents.setter
        def _initialpaths_with_parents(self, value):
            return

        def _collect_path(self, path, path_cache):
            return base._collect_path(self, path, roots)

        def _collect_one_node(self, node, handle_dupes=True):
            return base._collect_one_node(self, node, handle_dupes or isinstance(node, folder))

        def perform_collect(self, args=None, genitems=True):
            if args is not None:
                return base.perform_collect(self, args, genitems)

            def perform(arguments):
                # Files are collected anew: what was collected before counts as a duplicate, which pytest leaves out.
                for node in [node for node in reports if not isinstance(node, folder)]:
                    del reports[node]
                base.perform_collect(self, arguments)

            worker.collect(self, perform, worker.next_tasks())
            return self.items

    WorkerSession.__name__ = base.__name__
    WorkerSession.__qualname__ = base.__qualname__
    WorkerSession.__module__ = base.__module__
    worker.paths = frozenset(as_paths(worker.initial_paths))
    worker.paths_with_parents = frozenset(path for start in worker.paths for path in (start, *start.parents))
    session.__class__ = WorkerSession


def as_paths(names):
    from pathlib import Path

    return [Path(name) for name in names]


def chosen(items, tasks):
    """Those of `items` that the tasks of their files name, in their order."""
    names = {}
    for task in tasks:
        if task["only"] or task["part"][1] > 1:
            own = [str(item.nodeid) for item in items if str(item.path) == task["path"]]
            if task["only"]:
                only = frozenset(task["only"])
                own = [name for name in own if name in only or bare(name) in only]
            names.setdefault(task["path"], set()).update(part_of(own, *task["part"]))
    return [item for item in items if str(item.path) not in names or str(item.nodeid) in names[str(item.path)]]


def part_of(names, number, count):
    """The part `number` of `count` of `names`, of about one size; every name is in one of them.

    All workers that share a file see the same names, but perhaps in another order (parameters from a set): so they
    are sorted. A class is not torn apart unless it is larger than a part.
    """
    ordered = sorted(set(names))
    cuts = [cut(ordered, place * len(ordered) // count, len(ordered) // count) for place in range(count + 1)]
    return ordered[cuts[number] : cuts[number + 1]]


def cut(ordered, place, size):
    """The nearest border of a class at or behind `place`, if it is less than half a part away."""
    for border in range(place, min(place + max(size // 2, 1), len(ordered))):
        if border == 0 or group(ordered[border]) != group(ordered[border - 1]):
            return border
    return place


def group(nodeid):
    return bare(nodeid).split("::")[:2]


def bare(nodeid):
    head, separator, rest = nodeid.partition("::")
    return head + separator + rest.partition("[")[0]


def pose_as_distributed(namespace, workers):
    """Lets plugins that read options early (pytest-cov) see a distributed session, as `-n` would show it."""
    namespace.numprocesses = workers
    if getattr(namespace, "dist", "no") == "no":
        namespace.dist = "load"


def pose_as_local(option):
    """Takes from the options what would make pytest-xdist distribute: that is Muster's part."""
    for name, value in (
        ("numprocesses", None),
        ("maxprocesses", None),
        ("dist", "no"),
        ("distload", False),
        ("looponfail", False),
        ("tx", []),
    ):
        if hasattr(option, name):
            setattr(option, name, value)


def silence_terminal(config):
    """Sends what pytest's terminal reporter writes here to nowhere: the controller reports."""
    import os

    reporter = config.pluginmanager.getplugin("terminalreporter")
    writer = getattr(reporter, "_tw", None)
    if writer is not None and hasattr(writer, "_file"):
        writer._file = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115  # because it is lent


def share_captures(config, channel):
    """Lends Muster the files that pytest captures into: what a test printed last is read there once we are dead."""
    manager = config.pluginmanager.getplugin("capturemanager")
    capturing = getattr(manager, "_global_capturing", None)
    descriptors = []
    for name in ("out", "err"):
        try:
            descriptors.append(getattr(capturing, name).tmpfile.fileno())
        except Exception:  # no capture by descriptor: there is no such file
            continue
    if descriptors:
        channel.lend(descriptors)


def ended_report(collector, error):
    """The report of a file whose import ended the process, so that only this file is lost (plain pytest ends here)."""
    from _pytest.reports import CollectReport

    text = "{}: {}\n{} ended the process while it was collected".format(
        type(error).__name__,
        text_of(error),  # noqa: F821
        collector.nodeid,
    )
    return CollectReport(nodeid=collector.nodeid, outcome="failed", longrepr=text, result=[])


def interpreter_facts():
    """What pytest-xdist tells of a worker (`remote.getinfodict`)."""
    import os
    import platform

    return {
        "version": sys.version,
        "version_info": tuple(sys.version_info),
        "sysplatform": sys.platform,
        "platform": platform.platform(),
        "executable": sys.executable,
        "cwd": os.getcwd(),
    }


def described_warning(warning, when, nodeid, location):
    """A `warnings.WarningMessage` in plain values; the controller makes one of its own from them."""
    message, category = warning.message, warning.category
    is_object = isinstance(message, Warning)
    return {
        "text": text_of(message),  # noqa: F821
        "arguments": packed(message.args) if is_object else None,  # noqa: F821
        "class": (type(message).__module__, type(message).__qualname__) if is_object else None,
        "category": (category.__module__, category.__qualname__) if category else None,
        "filename": warning.filename,
        "lineno": warning.lineno,
        "when": when,
        "nodeid": nodeid,
        "location": location,
    }


def shorten(data):
    """Cuts what was captured, so that one chatty test does not fill every process on the way."""
    sections = data.get("sections")
    if sections:
        data["sections"] = [(name, shortened(content, SECTION_LIMIT)) for name, content in sections]
    longrepr = data.get("longrepr")
    if isinstance(longrepr, str):
        data["longrepr"] = shortened(longrepr, REPORT_LIMIT)


def shortened(text, limit):
    if not isinstance(text, str) or len(text) <= limit:
        return text
    head, tail = limit // 4, limit - limit // 4
    left_out = len(text) - head - tail
    return "{}\n[{} characters left out]\n{}".format(text[:head], left_out, text[-tail:])


def last_line(longrepr):
    """The exception in a few words: where pytest knows its place that line, else the last one."""
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return text_of(crash.message)[:TEXT_LIMIT]  # noqa: F821
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return text_of(longrepr[2])[:TEXT_LIMIT]  # noqa: F821
    lines = text_of(longrepr).strip().splitlines() if longrepr is not None else []  # noqa: F821
    return lines[-1][:TEXT_LIMIT] if lines else ""
