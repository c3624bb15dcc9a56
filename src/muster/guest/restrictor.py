"""Keeps one pytest session to some of its test files; everything around them happens as in the whole session.

Sent as text behind `observer.py`, whose names it shares: Python 3.9 syntax, standard library and pytest only.
"""


def restrict(place):
    """Keeps the next session of this process to the JSON at `place`: `files` and `folders` (null: all) without `skip`."""
    with open(place, encoding="ascii") as stream:
        part = json.load(stream)
    _mark_restrictor()
    extra_plugins.append(Restrictor(part["files"], part["folders"], part["skip"]))


class Restrictor:
    """The plugin. Files that are left out yield nothing."""

    def __init__(self, files, folders, skip):
        self.is_restricted = files is not None
        self.files = frozenset(files or ())
        self.folders = tuple(folder + "/" for folder in folders)
        self.skip = frozenset(skip)
        self.skipped_folders = frozenset(
            os.path.dirname(path) for path in skip if os.path.basename(path) == "conftest.py"
        )

    def leaves_out(self, path):
        if path in self.skip:
            return True
        return self.is_restricted and path not in self.files and not path.startswith(self.folders)

    def pytest_configure(self, config):
        kept = []
        for argument in config.args:
            path = os.path.abspath(os.path.join(str(config.invocation_params.dir), argument.split("::")[0]))
            if "::" not in argument or not self.leaves_out(path):
                kept.append(argument)
        config.args[:] = kept

    def pytest_ignore_collect(self, collection_path):
        # A conftest is executed for whatever lies beside and below it.
        return True if str(collection_path) in self.skipped_folders else None

    def pytest_make_collect_report(self, collector):
        import pytest

        if _is_file(collector) and self.leaves_out(str(collector.path)):
            return pytest.CollectReport(collector.nodeid, "passed", None, [])
        return None


def _mark_restrictor():
    """Declares the hook late, as the observer does."""
    import pytest

    for name in ("pytest_make_collect_report", "pytest_ignore_collect"):
        setattr(Restrictor, name, pytest.hookimpl(tryfirst=True)(vars(Restrictor)[name]))
