"""While virtual time runs, the real world raises: clocks, entropy, sockets, threads, processes.

Dryfill and the user's own code get a RealWorldError that names the call, the line and what to use
instead. The standard library and installed libraries (logging, httpx) get virtual time and a fixed
stream of entropy from the same names, because they cannot be asked to change. What lets real time
pass or starts something beside the loop is refused whoever asks.

Two holes are left to `source_check`: a name taken before (`from time import time`) and
`datetime.now`, which is written in C.
"""

import os
import random
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

from msgspec import Struct

from ..loop.errors import RealWorldError
from ..loop.loop import VirtualLoop
from .callers import caller_line, is_library

_CLOCK = "use self.now or self.now_ns, and asyncio.sleep to let time pass"
_ENTROPY = "use self.random, which repeats with the run's seed"
_THREAD = "start a task with asyncio.create_task"
_NETWORK = "the simulated wire carries messages, and nothing real is reached"
_PROGRAM = "start other programs before or after the run"

# Audit events (CPython's table): what the patches below cannot see because it is written in C.
_EVENTS = {
    "socket.__new__": _NETWORK,
    "socket.connect": _NETWORK,
    "socket.bind": _NETWORK,
    "socket.sendto": _NETWORK,
    "socket.getaddrinfo": _NETWORK,
    "socket.gethostbyname": _NETWORK,
    "socket.gethostbyaddr": _NETWORK,
    "subprocess.Popen": _PROGRAM,
    "os.system": _PROGRAM,
    "os.exec": _PROGRAM,
    "os.fork": _PROGRAM,
    "os.forkpty": _PROGRAM,
    "os.posix_spawn": _PROGRAM,
    "os.spawn": _PROGRAM,
    "os.startfile": _PROGRAM,
    "time.sleep": "await asyncio.sleep, which costs no real time",
    "_thread.start_new_thread": _THREAD,
    "_thread.start_joinable_thread": _THREAD,
}


class _Armed(Struct, frozen=True):
    """What one guarded thread answers libraries with."""

    loop: VirtualLoop
    entropy: random.Random


class _Door(Struct):
    """One name to patch. `virtual` answers a library in place of the real one; None: nobody.
    `guard` stands before `real`, and serves again as long as that is the same."""

    module: ModuleType
    name: str
    way_out: str
    virtual: Callable[..., Any] | None = None
    real: Any = None
    guard: Callable[..., Any] | None = None


_lock = threading.Lock()
_armed: dict[int, _Armed] = {}  # thread ident -> its guard; read without the lock
_table: list[_Door] = []  # made with the first run
_audited: list[bool] = []  # not empty once the audit hook is in: it can never be taken out


@contextmanager
def guarded(loop: VirtualLoop, *, entropy_seed: int = 0) -> Iterator[None]:
    """Refuse the real world to this thread whenever `loop` runs in it.

    Other threads, and this one before and after `loop` runs, see the real functions. Everything
    is put back at the end, also after an error; guards of several threads may overlap.
    """
    ident = threading.get_ident()
    outer = _armed.get(ident)
    with _lock:
        if not _armed:
            _install()
        _armed[ident] = _Armed(loop, random.Random(entropy_seed))
    try:
        yield
    finally:
        with _lock:
            del _armed[ident]
            if outer is not None:
                _armed[ident] = outer
            if not _armed:
                _restore()


def _install() -> None:
    if not _audited:
        sys.addaudithook(_audit)
        _audited.append(True)
    _table.extend([] if _table else _doors())
    for door in _table:
        real = getattr(door.module, door.name)
        if door.guard is None or real is not door.real:
            door.real, door.guard = real, _patched(door, real)
        setattr(door.module, door.name, door.guard)


def _restore() -> None:
    for door in reversed(_table):
        setattr(door.module, door.name, door.real)


def _patched(door: _Door, real: Callable[..., Any]) -> Callable[..., Any]:
    label = f"{door.module.__name__.lstrip('_')}.{door.name.lstrip('_')}()"

    def guard(*args: Any, **kwargs: Any) -> Any:
        armed = _armed_here()
        if armed is None:
            return real(*args, **kwargs)
        caller = sys._getframe(1)
        if door.virtual is not None and is_library(caller):
            return door.virtual(armed, real, *args, **kwargs)
        raise _refusal(label, caller, door.way_out)

    guard.__name__ = door.name
    return guard


def _audit(event: str, args: tuple[Any, ...]) -> None:
    # Called for every audit event of the interpreter, for ever: the cheap test first.
    if _armed and event in _EVENTS and _armed_here() is not None:
        raise _refusal(event, sys._getframe(1), _EVENTS[event])


def _armed_here() -> _Armed | None:
    armed = _armed.get(threading.get_ident())
    return armed if armed is not None and armed.loop.is_running() else None


def _refusal(label: str, caller: FrameType, way_out: str) -> RealWorldError:
    return RealWorldError(
        f"{label} at {caller_line(caller)}: the run is in virtual time; {way_out}"
    )


# -- the table of doors -----------------------------------------------------------------------


def _doors() -> Iterator[_Door]:
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        wall = name == "time"
        yield _Door(time, name, _CLOCK, _wall_s if wall else _elapsed_s)
        yield _Door(time, f"{name}_ns", _CLOCK, _wall_ns if wall else _elapsed_ns)
    for name in ("localtime", "gmtime"):
        yield _Door(time, name, _CLOCK, _broken_down)
    yield _Door(time, "sleep", "await asyncio.sleep, which costs no real time")
    # The module's functions are methods of one hidden, unseeded random.Random.
    for name in sorted(vars(random)):
        if isinstance(getattr(getattr(random, name), "__self__", None), random.Random):
            yield _Door(random, name, _ENTROPY, _method_of_entropy(name))
    yield _Door(random, "_urandom", _ENTROPY, _urandom)
    yield _Door(os, "urandom", _ENTROPY, _urandom)
    yield _Door(uuid, "uuid1", _ENTROPY, _uuid)
    yield _Door(uuid, "uuid4", _ENTROPY, _uuid)
    for name in secrets.__all__:
        if name != "compare_digest" and name != "SystemRandom":
            yield _Door(secrets, name, _ENTROPY, _as_real)
    # On 3.11 no audit event tells of a thread; on 3.13 threading starts them by another name.
    for module in (sys.modules["_thread"], threading):
        for name in ("start_new_thread", "start_joinable_thread", "start_new"):
            for spelling in (name, f"_{name}"):
                if hasattr(module, spelling):
                    yield _Door(module, spelling, _THREAD)


def _wall_s(armed: _Armed, real: object) -> float:
    return armed.loop.now_ns / 1e9


def _wall_ns(armed: _Armed, real: object) -> int:
    return armed.loop.now_ns


def _elapsed_s(armed: _Armed, real: object) -> float:
    return armed.loop.time()


def _elapsed_ns(armed: _Armed, real: object) -> int:
    return armed.loop.now_ns - armed.loop.origin_ns


def _broken_down(armed: _Armed, real: Callable[[float], Any], seconds: float | None = None) -> Any:
    return real(armed.loop.now_ns / 1e9 if seconds is None else seconds)


def _urandom(armed: _Armed, real: object, size: int) -> bytes:
    return armed.entropy.randbytes(size)


def _uuid(armed: _Armed, real: object, *_node_and_clock: object) -> uuid.UUID:
    return uuid.UUID(bytes=armed.entropy.randbytes(16), version=4)


def _as_real(armed: _Armed, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    # Its own source, random._urandom, is a door too.
    return real(*args, **kwargs)


def _method_of_entropy(name: str) -> Callable[..., Any]:
    def draw(armed: _Armed, real: object, *args: Any, **kwargs: Any) -> Any:
        return getattr(armed.entropy, name)(*args, **kwargs)

    return draw
