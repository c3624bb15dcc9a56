"""What a worker collects ahead of its first portion: all that the command names, while nobody knows yet what there is.

Its tests wait here until their files are given out. They are not collected again then: what can be gone through only once
(an iterator of parameters) has been. Sent as text between `channel.py` and `worker.py`: Python 3.9 syntax, standard library
and pytest only.
"""


class Survey:
    """The tests by file, and how much of it failed."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.items = {}
        self.deselected = {}
        self.taken = set()
        self.failed = 0
        self.is_over = False

    def make(self, session, perform):
        """Lets pytest collect everything."""
        import pytest

        try:
            perform(self.arguments)
        except pytest.UsageError:
            self.failed += 1
        for item in session.items:
            self.items.setdefault(str(item.path), []).append(item)
        session.items = []
        self.is_over = True

    def note(self, collector, outcome):
        """A collector has been asked for what it holds."""
        import pytest

        if outcome.excinfo is not None or outcome.get_result().failed:
            self.failed += 1
        if isinstance(collector, pytest.File):
            self.items.setdefault(str(collector.path), [])

    def deselect(self, items):
        for item in items:
            self.deselected.setdefault(str(item.path), []).append(str(item.nodeid))

    def deselected_in(self, tasks):
        return [nodeid for task in tasks for nodeid in self.deselected.get(task["path"], ())]

    def recall(self, tasks):
        """Those of `tasks` whose tests wait here, and those that must be collected: tests that were given out before."""
        known = [
            task for task in tasks if task["path"] in self.items and self.taken.isdisjoint(map(id, self.meant(task)))
        ]
        return known, [task for task in tasks if task not in known]

    def take(self, task):
        items = self.meant(task)
        self.taken.update(map(id, items))
        return items

    def put_back(self, items):
        self.taken.difference_update(map(id, items))

    def meant(self, task):
        return chosen(self.items[task["path"]], [task])
