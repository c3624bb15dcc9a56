"""How what happened in a worker is told: reports, warnings and lines, cut to a size that every process can carry.

Sent as text between `channel.py` and `worker.py`: Python 3.9 syntax, standard library and pytest only.
"""

SECTION_LIMIT = 1_000_000
REPORT_LIMIT = 32_000_000
TEXT_LIMIT = 2_000


def ended_report(collector, error):
    """The report of a file whose import ended the process, so that only this file is lost (plain pytest ends here)."""
    from _pytest.reports import CollectReport

    text = "{}: {}\n{} ended the process while it was collected".format(
        type(error).__name__,
        text_of(error),
        collector.nodeid,
    )
    return CollectReport(nodeid=collector.nodeid, outcome="failed", longrepr=text, result=[])


def described_warning(warning, when, nodeid, location):
    """A `warnings.WarningMessage` in plain values; the controller makes one of its own from them."""
    message, category = warning.message, warning.category
    is_object = isinstance(message, Warning)
    return {
        "text": text_of(message),
        "arguments": packed(message.args) if is_object else None,
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
        return text_of(crash.message)[:TEXT_LIMIT]
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return text_of(longrepr[2])[:TEXT_LIMIT]
    lines = text_of(longrepr).strip().splitlines() if longrepr is not None else []
    return lines[-1][:TEXT_LIMIT] if lines else ""
