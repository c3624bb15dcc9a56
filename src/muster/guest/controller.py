"""The controller of `muster run`: a real pytest session that runs no test and hears of all of them.

It is sent as text (behind `channel.py` and `worker.py`) to the project's own interpreter. It stands where pytest-xdist's
controller stands, so that everything which belongs to one place in a distributed run is pytest's own and the plugins':
failures as pytest prints them, the closing line, junit, the cache of last failures, one coverage report, exit codes.

To Muster:   awake; node id body=input; ready verbose maxfail; stop reason; finished exit
From Muster: go names paths; node id; nodeready id body; reports id flaky body; collectreport body; warning body; died path nodeid
             text; broken nodeid text; trouble; gone id error body; end collected deselected skipped "not run"
             interrupt
"""


def oversee(spec):
    """Runs the session that `spec` (descriptor, workers, run) describes; does not return."""
    channel = Channel(spec["descriptor"])
    preload()
    channel.send("awake")
    header, _ = channel.receive()
    if header is None or header["kind"] != "go":
        sys.exit(0)
    spec.update(names=header["names"], paths=header["paths"])
    import pytest

    controller = marked(pytest, Controller)(channel, spec)
    Curtain.pytest_runtestloop = pytest.hookimpl(hookwrapper=True)(Curtain.pytest_runtestloop)
    code = pytest.main(sys.argv[1:], plugins=[controller, Curtain()])
    sys.stdout.flush()
    sys.stderr.flush()
    channel.send("finished", exit=int(code))
    sys.exit(int(code))


class Node:
    """What hooks of pytest-xdist are given for a worker (`xdist.workermanage.WorkerController`)."""

    def __init__(self, name, config, spec):
        self.config = config
        self.gateway = Gateway(name)
        self.nodemanager = NodeManager(config, spec["run"])
        self.workerinput = {
            "workerid": name,
            "workercount": spec["workers"],
            "testrunuid": spec["run"],
            "mainargv": list(sys.argv),
        }
        self.workeroutput = {}
        self.workerinfo = {"id": name, "sysplatform": sys.platform, "version_info": tuple(sys.version_info)}
        self.workerinfo["executable"] = sys.executable
        self.shutting_down = False

    def __repr__(self):
        return "<WorkerController {}>".format(self.gateway.id)


class NodeManager:
    def __init__(self, config, run):
        self.config = config
        self.roots = []
        self.testrunuid = run


class Gateway:
    def __init__(self, name):
        self.id = name
        self.spec = "popen//id={}".format(name)

    def _rinfo(self):
        return RemoteInfo(interpreter_facts())


class RemoteInfo:
    def __init__(self, facts):
        self.__dict__.update(facts)
        self.platform = facts["sysplatform"]


class Controller:
    """The plugin."""

    muster_guest = True  # our own plugin for pytest leaves such a session alone

    def __init__(self, channel, spec):
        self.channel = channel
        self.spec = spec
        self.config = None
        self.nodes = {}
        self.has_stopped = False
        self.flaky = set()

    def pytest_load_initial_conftests(self, early_config):
        pose_as_distributed(early_config.known_args_namespace, self.spec["workers"])
        yield

    def pytest_cmdline_main(self, config):
        pose_as_local(config.option)
        config.option.usepdb = False
        config.option.collectonly = False
        yield

    def pytest_configure(self, config):
        # Late enough for pytest-xdist not to distribute (it needs `tx`), early enough for all who only ask.
        self.config = config
        pose_as_distributed(config.option, self.spec["workers"])
        config.option.tx = []

    def pytest_sessionstart(self, session):
        for name in self.spec["names"]:
            self.channel.send("node", id=name, body=self.new_node(name))
        option = session.config.option
        self.channel.send("ready", verbose=option.verbose, maxfail=getattr(option, "maxfail", 0) or 0)

    def new_node(self, name):
        """Makes the worker `name` known to plugins; returns what it must be told."""
        node = self.nodes[name] = Node(name, self.config, self.spec)
        tell(self.config, "pytest_configure_node", node=node)
        factory = getattr(self.config, "_tmp_path_factory", None)
        basetemp = str(factory.getbasetemp() / ("popen-" + name)) if factory is not None else None
        return {"input": node.workerinput, "basetemp": basetemp, "paths": self.spec["paths"]}

    def pytest_collection(self):
        return True

    def pytest_runtestloop(self, session):
        self.conclude(session, self.listen(session))
        return True

    def listen(self, session):
        """Takes what Muster tells until it says that this was all; returns that."""
        while True:
            header, body = self.channel.receive()
            if header is None:
                raise KeyboardInterrupt("Muster is gone")
            kind = header["kind"]
            if kind == "end":
                return header
            getattr(self, "on_" + kind)(session, header, body)
            self.pass_on_stop(session)

    def pass_on_stop(self, session):
        reason = session.shouldfail or session.shouldstop
        if reason and not self.has_stopped:
            self.has_stopped = True
            self.channel.send("stop", reason=str(reason))

    def on_node(self, session, header, body):
        self.channel.send("node", id=header["id"], body=self.new_node(header["id"]))

    def on_nodeready(self, session, header, body):
        node = self.nodes[header["id"]]
        node.workerinfo = dict(body, id=header["id"])
        tell(self.config, "pytest_testnodeready", node=node)

    def on_reports(self, session, header, body):
        hook, node = self.config.hook, self.nodes.get(header["id"])
        started = False
        for data in body:
            report = hook.pytest_report_from_serializable(config=self.config, data=data)
            if report is None:
                continue
            if not started:
                hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
                started = True
            if node is not None:
                report.node = node
            if header["flaky"]:
                report.muster_flaky = True
            hook.pytest_runtest_logreport(report=report)
        if started:
            hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)

    def pytest_report_teststatus(self, report, config):
        if getattr(report, "muster_flaky", False) and report.when == "call" and report.outcome == "passed":
            return "flaky", "f", ("FLAKY", {"yellow": True})
        return None

    def on_collectreport(self, session, header, body):
        report = self.config.hook.pytest_report_from_serializable(config=self.config, data=body)
        if report is not None:
            self.config.hook.pytest_collectreport(report=report)

    def on_warning(self, session, header, body):
        self.config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": rebuilt_warning(body),
                "when": body["when"],
                "nodeid": body["nodeid"],
                "location": body["location"],
            }
        )

    def on_died(self, session, header, body):
        """Reports the test that a worker took with it."""
        from _pytest.reports import TestReport

        path, nodeid = header["path"], header["nodeid"]
        location = (path, None, nodeid.partition("::")[2] or path)
        hook = self.config.hook
        report = TestReport(
            nodeid=nodeid, location=location, keywords={}, outcome="failed", longrepr=header["text"], when="call"
        )
        hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        hook.pytest_runtest_logreport(report=report)
        # junit closes a test's case with its teardown.
        done = TestReport(
            nodeid=nodeid, location=location, keywords={}, outcome="passed", longrepr=None, when="teardown"
        )
        hook.pytest_runtest_logreport(report=done)
        hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def on_broken(self, session, header, body):
        """Reports a file whose collection took the worker with it."""
        from _pytest.reports import CollectReport

        report = CollectReport(nodeid=header["nodeid"], outcome="failed", longrepr=header["text"], result=[])
        self.config.hook.pytest_collectreport(report=report)

    def on_trouble(self, session, header, body):
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            session.testsfailed += 1

    def on_gone(self, session, header, body):
        node = self.nodes[header["id"]]
        if body is not None:
            node.workeroutput = body
        tell(self.config, "pytest_testnodedown", node=node, error=header["error"] or None)

    def conclude(self, session, end):
        session.testscollected = end["collected"]
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        stats = getattr(reporter, "stats", None)
        if stats is not None:
            for name in ("deselected", "skipped", "not run"):
                if end[name]:
                    stats.setdefault(name, []).extend(Uncounted() for _ in range(end[name]))
            # It knows which words stand in the closing line only from the last report on.
            getattr(reporter, "_set_main_color", lambda: None)()
        interrupt = end["interrupt"]
        if interrupt and interrupt["type"] == "Exit":
            import pytest

            pytest.exit(interrupt["text"], interrupt["code"])
        if interrupt:
            raise KeyboardInterrupt(interrupt["text"])
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)


def tell(config, hook, **values):
    """Calls a hook of pytest-xdist, where that or anything that listens to it is installed."""
    caller = getattr(config.hook, hook, None)
    if caller is not None:
        caller(**values)


class Uncounted:
    """Stands in the terminal's statistics for a test that gave no report: one more in the closing line."""

    nodeid, keywords, sections, user_properties, outcome, when = "", {}, [], [], "", ""
    longrepr, location, duration = ("", 0, "Skipped: a service is missing"), ("", 0, ""), 0.0
    fspath = ""


class Curtain:
    """Keeps pytest's own progress off the terminal (Muster shows it), unless it is asked for by `-v`.

    What plugins add at the end of the test loop (pytest-cov's verdict) is let through.
    """

    def pytest_runtestloop(self, session):
        import os

        config = session.config
        reporter = config.pluginmanager.getplugin("terminalreporter")
        writer = getattr(reporter, "_tw", None)
        if writer is None or not hasattr(writer, "_file") or config.option.verbose > 0:
            yield
            return
        # Its own last words in the loop come behind those of plugins, when the curtain is up again.
        reporter._show_progress_info = False
        real = writer._file
        writer._file = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115  # because it is lent
        try:
            yield
        finally:
            writer._file.close()
            writer._file = real
            writer._current_line = ""


def rebuilt_warning(data):
    """A `warnings.WarningMessage` as it was; where its class cannot be had here, with its text."""
    import warnings

    category = named_class(data["category"])
    message = None
    if data["class"] is not None:
        kind = named_class(data["class"])
        try:
            message = kind(*marshal.loads(data["arguments"]))
        except Exception:
            message = Warning("{}.{}: {}".format(*data["class"], data["text"]))
    return warnings.WarningMessage(
        message=message if message is not None else data["text"],
        category=category or Warning,
        filename=data["filename"],
        lineno=data["lineno"],
    )


def named_class(place):
    import importlib

    if place is None:
        return None
    try:
        value = importlib.import_module(place[0])
        for name in place[1].split("."):
            value = getattr(value, name)
    except Exception:
        return None
    return value
