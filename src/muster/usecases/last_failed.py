"""The node ids that failed last, as pytest's cache plugin has written them down (`_pytest.cacheprovider`)."""

from __future__ import annotations

import json
from posixpath import isabs, join, normpath

from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree, ReadFailure


def read_last_failed(tree: FileTree, invocation: Invocation) -> tuple[str, ...]:
    """The ids in the cache of the project; none where there is no cache that can be read."""
    setting = invocation.settings.get("cache_dir")
    folder = str(setting.value) if setting is not None else ".pytest_cache"
    place = folder if isabs(folder) else normpath(join(invocation.rootdir, folder))
    path = join(place, "v", "cache", "lastfailed")
    if tree.kind(path) is not EntryKind.FILE:
        return ()
    try:
        content = json.loads(tree.read(path))
    except (ReadFailure, ValueError, RecursionError):
        return ()
    return tuple(str(name) for name, is_failed in content.items() if is_failed) if isinstance(content, dict) else ()
