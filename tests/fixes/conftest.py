"""One cache for all projects of these tests: the interpreter is asked once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUSTER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
