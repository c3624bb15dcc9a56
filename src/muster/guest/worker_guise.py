"""How a worker, or the controller, looks to plugins: as in a session that pytest-xdist distributes.

Sent as text between `channel.py` and `worker.py`: Python 3.9 syntax, standard library and pytest only.
"""

import sys


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
