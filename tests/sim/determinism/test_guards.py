"""The guards: the real world raises for us and the user; libraries get virtual time."""

import _thread
import asyncio
import concurrent.futures
import logging
import os
import random
import secrets
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path

import pytest

import dryfill
from dryfill.sim.determinism import callers
from dryfill.sim.determinism.callers import is_library
from dryfill.sim.determinism.guards import guarded
from dryfill.sim.loop.errors import RealWorldError
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.run import run_on

ORIGIN_NS = 1_700_000_000_000_000_000
CLOCK = "self.now_ns"
ENTROPY = "self.random"
TASK = "asyncio.create_task"


def in_guard(action):
    """Run `action` in a guarded run, half a second after its start; give its answer."""
    loop = VirtualLoop(ORIGIN_NS)

    async def main():
        await asyncio.sleep(0.5)
        return action()

    with guarded(loop):
        return run_on(loop, main())


@pytest.mark.parametrize(
    ("call", "name", "way_out"),
    [
        (lambda: time.time(), "time.time()", CLOCK),
        (lambda: time.time_ns(), "time.time_ns()", CLOCK),
        (lambda: time.monotonic(), "time.monotonic()", CLOCK),
        (lambda: time.perf_counter_ns(), "time.perf_counter_ns()", CLOCK),
        (lambda: time.process_time(), "time.process_time()", CLOCK),
        (lambda: time.gmtime(), "time.gmtime()", CLOCK),
        (lambda: time.sleep(0), "time.sleep()", "asyncio.sleep"),
        (lambda: random.random(), "random.random()", ENTROPY),
        (lambda: random.shuffle([1, 2]), "random.shuffle()", ENTROPY),
        (lambda: random.seed(1), "random.seed()", ENTROPY),
        (lambda: os.urandom(4), "os.urandom()", ENTROPY),
        (lambda: uuid.uuid1(), "uuid.uuid1()", ENTROPY),
        (lambda: uuid.uuid4(), "uuid.uuid4()", ENTROPY),
        (lambda: secrets.token_hex(4), "secrets.token_hex()", ENTROPY),
        (lambda: threading.Thread(target=print).start(), "_thread()", TASK),
        (lambda: threading.Timer(0, print).start(), "_thread()", TASK),
        (lambda: _thread.start_new_thread(print, ()), "thread.start_new_thread()", TASK),
        (lambda: concurrent.futures.ThreadPoolExecutor().submit(print), "_thread()", TASK),
        (lambda: socket.socket(), "socket.__new__", "simulated wire"),
        (lambda: socket.getaddrinfo("localhost", 80), "socket.getaddrinfo", "simulated wire"),
        (lambda: subprocess.run(["true"], check=True), "subprocess.Popen", "before or after"),
        (lambda: os.system("true"), "os.system", "before or after"),
    ],
)
def test_user_code_is_refused_with_the_call_the_line_and_the_way_out(call, name, way_out):
    with pytest.raises(RealWorldError) as caught:
        in_guard(call)
    message = str(caught.value)
    assert name in message
    assert f" at {__file__}:{call.__code__.co_firstlineno}: " in message
    assert way_out in message


def test_logging_works_and_stamps_virtual_time(caplog):
    with caplog.at_level(logging.INFO):
        in_guard(lambda: logging.getLogger("strategy").info("placed"))
    assert [record.created for record in caplog.records] == [1_700_000_000.5]
    assert caplog.records[0].msecs == 500


def library(expression):
    """A function that reads as if a standard library module had called."""
    code = compile(expression, logging.__file__, "eval")
    return lambda: eval(code)


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("time.time()", 1_700_000_000.5),
        ("time.time_ns()", ORIGIN_NS + 500_000_000),
        ("time.monotonic()", 0.5),
        ("time.perf_counter_ns()", 500_000_000),
        ("time.gmtime().tm_year", 2023),
        ("time.gmtime(0).tm_year", 1970),
    ],
)
def test_a_library_gets_virtual_time(expression, answer):
    assert in_guard(library(expression)) == answer


@pytest.mark.parametrize(
    "expression",
    [
        "random.random()",
        "random.sample(range(1000), 5)",
        "os.urandom(16)",
        "uuid.uuid4()",
        "secrets.token_bytes(16)",
        "secrets.randbelow(10**9)",
    ],
)
def test_a_library_gets_entropy_that_is_the_same_in_each_run(expression):
    assert in_guard(library(expression)) == in_guard(library(expression))


def test_a_library_cannot_let_real_time_pass_nor_start_a_thread():
    for expression in ("time.sleep(0)", "threading.Thread(target=print).start()"):
        with pytest.raises(RealWorldError, match=r"test_guards\.py:\d+"):
            in_guard(library(expression))


def test_before_and_after_the_run_and_in_other_threads_the_real_functions_answer():
    answers = []
    loop = VirtualLoop(ORIGIN_NS)
    asked, answered = threading.Event(), threading.Event()

    def other_thread() -> None:
        asked.wait(10)
        answers.append(time.time())
        answers.append(len(os.urandom(3)))
        answered.set()

    async def main():
        asked.set()
        assert answered.wait(10)

    thread = threading.Thread(target=other_thread)
    thread.start()
    with guarded(loop):
        assert time.time() > 1_700_000_001
        run_on(loop, main())
        assert time.time() > 1_700_000_001
    thread.join()
    assert answers[0] > 1_700_000_001
    assert answers[1] == 3


def test_everything_is_put_back_also_after_an_error():
    names = [(time, "time"), (time, "sleep"), (random, "random"), (os, "urandom")]
    names += [(threading, "Thread"), (_thread, "start_new_thread"), (uuid, "uuid4")]
    before = [getattr(module, name) for module, name in names]
    with pytest.raises(RealWorldError):
        in_guard(lambda: time.time())
    with pytest.raises(ZeroDivisionError):
        in_guard(lambda: 1 / 0)
    assert [getattr(module, name) for module, name in names] == before
    with socket.socket():
        pass


def test_what_others_put_in_place_between_two_runs_is_guarded_and_put_back(monkeypatch):
    in_guard(lambda: None)
    monkeypatch.setattr(time, "sleep", lambda seconds: "theirs")
    theirs = time.sleep
    with pytest.raises(RealWorldError):
        in_guard(lambda: time.sleep(1))
    assert time.sleep is theirs
    assert time.sleep(1) == "theirs"


def test_guards_of_two_threads_overlap_and_the_last_one_restores():
    real = time.time
    first, second = VirtualLoop(0), VirtualLoop(0)
    inside, leave = threading.Event(), threading.Event()

    def hold_a_guard() -> None:
        with guarded(second):
            inside.set()
            leave.wait(10)

    async def main():
        with pytest.raises(RealWorldError):
            time.time()

    thread = threading.Thread(target=hold_a_guard)
    thread.start()
    assert inside.wait(10)
    with guarded(first):
        run_on(first, main())
    assert time.time is not real
    leave.set()
    thread.join()
    assert time.time is real


SITE_PACKAGES = Path(pytest.__file__).parent.parent


def frame_of(filename):
    frames = []
    exec(compile("f(__import__('sys')._getframe())", filename, "exec"), {"f": frames.append})
    return frames[0]


def test_dryfill_installed_among_the_libraries_is_still_no_library(monkeypatch):
    assert Path(dryfill.__file__).resolve().parent == callers._DRYFILL
    monkeypatch.setattr(callers, "_DRYFILL", SITE_PACKAGES / "dryfill")
    is_library_file = callers._is_library_file.__wrapped__  # past its cache
    assert not is_library_file(str(SITE_PACKAGES / "dryfill" / "trading" / "strategy.py"))
    assert is_library_file(str(SITE_PACKAGES / "httpx" / "_client.py"))


def test_dryfill_and_user_files_are_not_libraries_wherever_they_lie():
    assert is_library(frame_of(logging.__file__))
    assert is_library(frame_of(pytest.__file__))
    assert is_library(frame_of(str(SITE_PACKAGES / "httpx" / "_client.py")))
    assert is_library(frame_of("<frozen importlib._bootstrap>"))
    assert not is_library(frame_of(in_guard.__code__.co_filename))
    assert not is_library(frame_of(guarded.__wrapped__.__code__.co_filename))
    for name in ("<string>", "breakout.py", "<ipython-input-3-abc>"):
        assert not is_library(frame_of(name))
