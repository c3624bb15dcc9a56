"""Finds the very statement behind a change that raises no event, where Python tells of single lines (PEP 669: from 3.12).

This text is put behind that of the tracer and shares its names. Only code that mentions what can be changed so is watched,
line by line, and each for a while; all other code runs at full speed. What is missed is noticed by the tracer later.
"""

LOOKS_OF_ONE_CODE = 50
_MENTIONS = frozenset("modules meta_path filters simplefilter filterwarnings resetwarnings".split())
# Those of debuggers, coverage, profilers and optimizers have numbers of their own.
_FREE_TOOLS = (3, 4)


def watch_statements(tracer):
    """Makes `tracer` look for changes behind each such statement; returns it."""
    monitoring = getattr(_sys, "monitoring", None)
    for tool in _FREE_TOOLS if monitoring is not None else ():
        try:
            monitoring.use_tool_id(tool, "muster")
        except ValueError:
            continue
        StatementWatcher(tracer, monitoring, tool).install()
        break
    return tracer


class StatementWatcher:
    """Calls the tracer between the lines of watched code."""

    def __init__(self, tracer, monitoring, tool):
        self.tracer = tracer
        self.monitoring = monitoring
        self.tool = tool
        self.lines = {}
        self.looks = {}

    def install(self):
        events = self.monitoring.events
        for event, callback in (
            (events.PY_START, self.starts),
            (events.LINE, self.reaches),
            (events.PY_RETURN, self.ends),
        ):
            self.monitoring.register_callback(self.tool, event, callback)
        self.monitoring.set_events(self.tool, events.PY_START)

    def starts(self, code, offset):
        if self.is_watched(code):
            events = self.monitoring.events
            self.monitoring.set_local_events(self.tool, code, events.LINE | events.PY_RETURN)
            # What was changed until now is not the work of what is watched from now on.
            self.tracer.look(self.tracer.asker(_sys._getframe(2)))
        return self.monitoring.DISABLE

    def is_watched(self, code):
        path = code.co_filename
        if _MENTIONS.isdisjoint(code.co_names) or self.tracer.is_pytest(path):
            return False
        return "site-packages" in path or not path.startswith(self.tracer.own)

    def reaches(self, code, line):
        last, self.lines[code] = self.lines.get(code), line
        if last is not None:
            self.look(code, last)

    def ends(self, code, offset, value):
        last = self.lines.pop(code, None)
        if last is not None:
            self.look(code, last)

    def look(self, code, line):
        tracer = self.tracer
        if tracer.is_busy:
            return
        self.looks[code] = looks = self.looks.get(code, 0) + 1
        if looks > LOOKS_OF_ONE_CODE:
            self.monitoring.set_local_events(self.tool, code, 0)
            self.lines.pop(code, None)
            return
        frames = tracer.frames(_sys._getframe(2))
        if frames and frames[-1][0] == code.co_filename:
            frames[-1] = (code.co_filename, line)
            tracer.look(None, frames, modules="modules" in code.co_names)
