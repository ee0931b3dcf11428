"""Two switches of the whole interpreter that a run holds: the collector, and one warning.

Runs in several threads share them: the first to come sets them, the last to leave restores them.
"""

import gc
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

_UNAWAITED = r".* was never awaited"

_lock = threading.Lock()
_held = ExitStack()
_holders: list[int] = []  # idents of the threads that hold, one entry for each hold
_sinks: dict[int, list[str]] = {}  # thread ident -> where its unawaited coroutines are told
_frozen = False  # somebody else was seen to have put things into the freezer
_held_before = False  # this is not the first run of the process

_YOUNG_MOST = 16  # collections of the youngest alone, before everything is looked at again
_young = 0  # of them, since the last full one


@contextmanager
def hold_collector() -> Iterator[None]:
    """Keep the garbage collector from running by itself; what is alive now it will not visit.

    May be nested: around many short runs, an outer hold saves each of them a full collection.
    """
    ident = threading.get_ident()
    with _lock:
        if not _holders:
            _held.enter_context(_collector_off())
            _held.enter_context(_unawaited_told())
        _holders.append(ident)
    try:
        yield
    finally:
        with _lock:
            _holders.remove(ident)
            if not _holders:
                _held.close()


def collections() -> tuple[int, ...]:
    """How often each generation has been collected in this process, by whomever."""
    return tuple([each["collections"] for each in gc.get_stats()])


def collect_since(before: tuple[int, ...]) -> None:
    """Within `hold_collector`, at the end of a run: find what it left in cycles; `before` is what
    `collections` said when it began.

    Where nobody collected since, all that the run made is of the youngest generation, and to look
    through that is enough. What earlier runs of one hold left, and was given up only later, is
    found with every sixteenth.
    """
    global _young
    if _young < _YOUNG_MOST and collections() == before:
        _young += 1
        gc.collect(0)
        return
    _young = 0
    gc.collect()


@contextmanager
def report_unawaited(sink: list[str]) -> Iterator[None]:
    """Within `hold_collector`: a coroutine of this thread that is never awaited adds to `sink`."""
    ident = threading.get_ident()
    outer = _sinks.get(ident)
    _sinks[ident] = sink
    try:
        yield
    finally:
        del _sinks[ident]
        if outer is not None:
            _sinks[ident] = outer


@contextmanager
def _collector_off() -> Iterator[None]:
    global _held_before
    enabled = gc.isenabled()
    gc.disable()
    # What lives now need not be walked after each run. There is one freezer for all: whoever has
    # put things into it keeps them there.
    ours = not _others_freeze()
    if _held_before or not ours:
        # What died before is told before. The first run freezes that, too: no run left it, and to
        # look for it among all that was ever imported is a thirtieth of the way to a result.
        gc.collect()
    _held_before = True
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
        if enabled:
            gc.enable()


def _others_freeze() -> bool:
    """Whether somebody else has put things into the freezer. To count them the interpreter walks
    through all, which can take longer than a run: found once, it is not asked again.

    What is immortal Python 3.12 puts there by itself, so that there is always something. Who
    freezes, freezes the table of modules, too: it is older than any program."""
    global _frozen
    if not _frozen and gc.get_freeze_count() > 0:
        _frozen = not any(each is sys.modules for each in gc.get_objects())
    return _frozen


@contextmanager
def _unawaited_told() -> Iterator[None]:
    with warnings.catch_warnings():
        # The interpreter reports them as warnings only, and by default one for each line.
        warnings.filterwarnings("always", message=_UNAWAITED, category=RuntimeWarning)
        show = warnings.showwarning

        def tell(message: Warning | str, *details: Any, **more: Any) -> None:
            sink = _sinks.get(threading.get_ident())
            if sink is not None and str(message).endswith("was never awaited"):
                sink.append(f"  {message}")
            else:
                show(message, *details, **more)

        warnings.showwarning = tell
        yield
