"""One worker of `muster run`: a real pytest session that collects and runs only what it is given.

It is sent as text, behind `channel.py` and its parts in `worker_*.py`, to the project's own interpreter: Python 3.9 syntax,
standard library and pytest only. pytest starts as the team's command starts it, with all plugins, conftests and options; what
differs is the plugin below. Plugins that ask find what pytest-xdist shows them in its workers (`config.workerinput`,
`config.workeroutput`, the `PYTEST_XDIST_*` variables), in the same order of events (`xdist/remote.py`).

To Muster:   awake; ready body=info; want; collecting nodeid path; collected items deselected; collectreport nodeid
             outcome path text body; start test; done test reports seconds text body; warning body; interrupt type text
             code; trouble text; shared keep; surveyed failed; finished exit body=workeroutput
From Muster: go survey?; input body={input, basetemp, paths}; batch tasks; share; end; stop
"""

import sys
import time

_now = time.perf_counter


def start(spec):
    """Runs the session that `spec` (descriptor, workers) describes; does not return."""
    channel = Channel(spec["descriptor"])
    preload()
    channel.send("awake")
    header, _ = channel.receive()
    if header is None or header["kind"] != "go":
        sys.exit(0)
    import pytest

    worker = marked(pytest, Worker)(channel, spec)
    if header.get("survey"):
        worker.survey = Survey(header["survey"])
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
        self.survey = None

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

    def next_tasks(self, session, perform):
        """What to collect now: the tasks that were fetched before, else the first ones, behind the survey if there is one."""
        if self.survey is not None and not self.survey.is_over:
            self.survey.make(session, perform)
            self.channel.send("surveyed", failed=self.survey.failed)
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
        self.deselected = []
        started = _now()
        known, new = self.survey.recall(tasks) if self.survey is not None else ([], tasks)
        if known:
            self.deselected.extend(self.survey.deselected_in(known))
        if new or not known:
            self.perform(session, perform, new)
            session.items[:] = chosen(session.items, new)
        else:
            session.items = []
        session.items[:0] = [item for task in known for item in self.survey.take(task)]
        self.collected += len(session.items)
        session.testscollected = self.collected
        rows = [[str(item.nodeid), str(item.path)] for item in session.items]
        self.channel.send("collected", items=rows, deselected=self.deselected, seconds=_now() - started)

    def perform(self, session, perform, tasks):
        import pytest

        try:
            perform([argument for task in tasks for argument in task["arguments"]])
        except pytest.UsageError as error:
            # A file that vanished, or that a plugin does not collect: what is known is told, one file at a time.
            kept = []
            if len(tasks) == 1:
                self.lose(tasks[0], error)
            for task in tasks if len(tasks) > 1 else ():
                kept.extend(self.collect_one(session, perform, task))
            session.items = kept

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
            self.channel.send("lost", path=task["path"], text=text_of(error)[:TEXT_LIMIT])

    def pytest_deselected(self, items):
        if self.is_surveying():
            self.survey.deselect(items)
        else:
            self.deselected.extend(str(item.nodeid) for item in items)

    def pytest_make_collect_report(self, collector):
        self.channel.send("collecting", nodeid=str(collector.nodeid), path=str(getattr(collector, "path", "")))
        outcome = yield
        if outcome.excinfo is not None and issubclass(outcome.excinfo[0], SystemExit):
            outcome.force_result(ended_report(collector, outcome.excinfo[1]))
        if self.is_surveying():
            self.survey.note(collector, outcome)
        elif outcome.excinfo is None and not outcome.get_result().passed:
            self.broken.add(str(getattr(collector, "path", "")))

    def is_surveying(self):
        return self.survey is not None and not self.survey.is_over

    def pytest_collectreport(self, report):
        # A survey that failed anywhere is not used: what cannot be collected is told by whoever is given it.
        if report.passed or (report.failed and self.is_surveying()):
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
        if self.survey is not None:
            self.survey.put_back(self.items[keep:])
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
        self.channel.send("interrupt", type=name, text=text_of(error)[:TEXT_LIMIT], code=code)

    def pytest_internalerror(self, excrepr):
        self.channel.send("trouble", text=text_of(excrepr))

    def pytest_sessionfinish(self, session, exitstatus):
        output = self.config.workeroutput
        output["exitstatus"] = int(exitstatus)
        output["shouldfail"] = session.shouldfail
        output["shouldstop"] = session.shouldstop
        yield
        self.channel.send("finished", exit=int(exitstatus), body=output)
