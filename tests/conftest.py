"""What every test runs under: Hypothesis profiles, and a root that is a package but no test suite.

`make nightly` sets DRYFILL_NIGHTLY=1: the same properties with more examples, drawn anew, and the
tests marked `nightly` run too. A failure prints the blob that replays it.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from leavings import SECRET, secrets_in

ROOT = Path(__file__).resolve().parent.parent
NIGHTLY_FACTOR = 20
NIGHTLY = os.environ.get("DRYFILL_NIGHTLY") == "1"
CLOCK_STEP_NS = int(os.environ.get("DRYFILL_CLOCK_STEP_NS", "0"))

settings.register_profile(
    "default",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


class RootIsNoTestPackage:
    """Keeps pytest from importing the root's __init__.py under the name of the clone's folder.

    pytest takes a folder with an __init__.py for a package of tests and imports it; here that
    would be a second copy of dryfill (docs/decisions/0001).
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(
        self, path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if path == ROOT:
            return pytest.Dir.from_parent(parent, path=path)
        return None


@pytest.fixture(autouse=True, scope="module")
def collector_leaves_out_what_was_before() -> None:
    """Each run in virtual time begins and ends with a full collection, which would walk all the
    tests every time: with thousands of them that is half of what there is to do."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("DRYFILL_BOTH_ENGINES") == "1":
        from both_engines import in_every_world

        in_every_world()
    if CLOCK_STEP_NS:
        from moving_clock import in_every_loop

        in_every_loop(CLOCK_STEP_NS)
    config.pluginmanager.register(RootIsNoTestPackage())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_out_exact_times(items)
    if NIGHTLY:
        search_longer(items)
        return
    skip = pytest.mark.skip(reason="long search: runs in `make nightly`")
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(skip)


def leave_out_exact_times(items: list[pytest.Item]) -> None:
    """On a clock that moves, skip what says when something happens to the last digit; the reasons
    and how many there are stand at the end of the run."""
    for item in items:
        mark = item.get_closest_marker("exact_times")
        if mark is None:
            continue
        if len(mark.args) != 1:
            raise pytest.UsageError(f"{item.nodeid}: exact_times needs a reason")
        if CLOCK_STEP_NS:
            item.add_marker(pytest.mark.skip(reason=f"exact times: {mark.args[0]}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CLOCK_STEP_NS:
        skipped = terminalreporter.getreports("skipped")
        exact = sum("exact times: " in str(report.longrepr) for report in skipped)
        terminalreporter.write_line(
            f"a clock that moves by {CLOCK_STEP_NS} ns at each reading; "
            f"{exact} tests that state exact times were left out"
        )


def search_longer(items: list[pytest.Item]) -> None:
    """Gives every property and state machine 20 times the examples it asks for, and a fresh seed.

    A profile cannot do this: most tests bound their own examples, which overrides a profile.
    A parametrised test comes several times as the same function; it is lengthened once.
    """
    longer: dict[int, object] = {}
    for item in items:
        function = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
        machine = getattr(item, "cls", None)
        if hasattr(function, "_hypothesis_state_machine_class"):
            owner, name = machine, "settings"
        elif getattr(function, "is_hypothesis_test", False):
            owner, name = function, "_hypothesis_internal_use_settings"
        else:
            continue
        if id(owner) not in longer:
            asked = getattr(owner, name)
            examples = NIGHTLY_FACTOR * asked.max_examples
            setattr(owner, name, settings(asked, max_examples=examples, derandomize=False))
            longer[id(owner)] = owner


@pytest.fixture(autouse=True, scope="session")
def no_secret_is_left_in_any_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Looks through the files of all tests when they are over; the folders are named for them."""
    yield
    assert secrets_in(tmp_path_factory.getbasetemp()) == [], "a key or a token lies in these files"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """A test fails that prints or logs a key or a token, whatever else it looked at."""
    report = yield
    if report.when == "teardown" and report.passed:
        said = [name for name, text in report.sections if SECRET.search(text)]
        if said:
            report.outcome = "failed"
            report.longrepr = f"a key or a token is in: {', '.join(said)}"
    return report
