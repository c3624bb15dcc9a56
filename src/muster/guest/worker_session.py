"""What a worker collects: the session that takes one portion after the other, and which of its tests are meant.

Sent as text between `channel.py` and `worker.py`: Python 3.9 syntax, standard library and pytest only.
"""


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

            worker.collect(self, perform, worker.next_tasks(self, perform))
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
