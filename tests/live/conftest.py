"""A gateway's REST side, played."""

import pytest
from live_wire import Wire


@pytest.fixture
def wire():
    return Wire()
