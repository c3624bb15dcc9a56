import pytest
from infrastructure.vpc import connect


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_connects(attempt: int) -> None:
    assert connect()
