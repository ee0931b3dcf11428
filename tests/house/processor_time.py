"""A plugin of pytest: how much of the processor each test takes, and an end to one that takes more
than `--processor-seconds`. The processes that a test started and waited for count as its own in the
first, and not in the second.

The clock on the wall says more of what else the machine is doing than of a test.
"""

import os
import signal
from collections.abc import Iterator
from time import process_time

import pytest

NAME = "processor_s"  # the property of a test in its report
_BEGAN = pytest.StashKey[float]()


def spent_s() -> float:
    """Of this process, and of those that it waited for."""
    done = os.times()
    return process_time() + done.children_user + done.children_system


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "end the whole run, by SIGPROF, where one test takes so much of the processor; 0: never"
    parser.addoption("--processor-seconds", type=float, default=0, help=told)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[_BEGAN] = spent_s()
    signal.setitimer(signal.ITIMER_PROF, item.config.getoption("--processor-seconds"))
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "teardown":
        report.user_properties.append((NAME, spent_s() - item.stash[_BEGAN]))
    return report
