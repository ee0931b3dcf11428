"""Processes that play seeds, one seed at a time each; one that dies or hangs is said, not lost."""

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from .explored import Brief
from .seed_end import SeedEnd

_POLL_S = 0.2
_TOLD_LINES = 5


@dataclass
class _Worker:
    """One process, what it plays, and since when."""

    number: int
    process: "subprocess.Popen[bytes]"
    errors: IO[bytes]
    seed: int | None = None
    since_s: float = 0.0
    hung: bool = False
    listener: threading.Thread | None = None


class WorkerPool:
    """`jobs` fresh processes for a brief; each has a hash seed of its own, from `hash_seed` on.

    `hang_s`: a seed that takes longer than this in real time counts as hung, and its process is
    ended. `program`: what is started, by import path; `folder`: where, None: here. Close it when
    done; it is a context manager.
    """

    def __init__(
        self,
        brief: Brief,
        jobs: int,
        *,
        hang_s: float = 120.0,
        hash_seed: int = 1,
        program: str = "dryfill.app.search.worker",
        folder: str | None = None,
    ) -> None:
        self._brief = brief
        self._hang_s = hang_s
        self._hash_seed = hash_seed
        self._program = program
        self._folder = folder
        self._said: queue.SimpleQueue[tuple[_Worker, bytes]] = queue.SimpleQueue()
        self._workers = [self._start(number) for number in range(jobs)]

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def play(self, seeds: Iterable[int]) -> Generator[SeedEnd | None, None, None]:
        """The end of each seed, as they come; None every now and then, when there is nothing new.

        Closing the iterator ends it; seeds that are under way are played to nobody then.
        """
        waiting = iter(seeds)
        for worker in self._workers:
            self._give(worker, waiting)
        while any(worker.seed is not None for worker in self._workers):
            try:
                worker, line = self._said.get(timeout=_POLL_S)
            except queue.Empty:
                self._end_hung()
                yield None
                continue
            if line:
                end = SeedEnd.of(line)
            elif worker.seed is not None and worker in self._workers:
                end = SeedEnd(worker.seed, "lost", "LOST", self._how_it_died(worker))
                worker = self._replace(worker)
            else:
                continue  # it was closed
            self._give(worker, waiting)
            yield end

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._reap(worker)
        self._workers = []

    def _start(self, number: int) -> _Worker:
        environment = os.environ | {"PYTHONHASHSEED": str(self._hash_seed + number)}
        errors = tempfile.TemporaryFile()  # noqa: SIM115  as long as its process
        process = subprocess.Popen(
            [sys.executable, "-m", self._program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=self._folder,
        )
        worker = _Worker(number, process, errors)
        self._tell(worker, self._brief.to_json())
        worker.listener = threading.Thread(target=self._listen, args=(worker,), daemon=True)
        worker.listener.start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        for line in worker.process.stdout:
            self._said.put((worker, line))
        self._said.put((worker, b""))

    def _give(self, worker: _Worker, waiting: Iterator[int]) -> None:
        worker.seed = next(waiting, None)
        if worker.seed is not None:
            worker.since_s = time.monotonic()
            self._tell(worker, str(worker.seed))

    def _tell(self, worker: _Worker, line: str) -> None:
        assert worker.process.stdin is not None
        try:
            worker.process.stdin.write(line.encode() + b"\n")
            worker.process.stdin.flush()
        except OSError:
            return  # it is dead; its listener says so

    def _end_hung(self) -> None:
        for worker in self._workers:
            late = time.monotonic() > worker.since_s + self._hang_s
            if worker.seed is not None and late and not worker.hung:
                worker.hung = True
                worker.process.kill()

    def _how_it_died(self, worker: _Worker) -> str:
        code = worker.process.wait()
        worker.errors.seek(0)
        lines = worker.errors.read().decode(errors="replace").splitlines()[-_TOLD_LINES:]
        said = "; it said: " + " | ".join(lines) if lines else ""
        if worker.hung:
            return f"no end after {self._hang_s:g} s of real time; its process was ended{said}"
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"its process {how}{said}"

    def _replace(self, worker: _Worker) -> _Worker:
        self._reap(worker)
        place = self._workers.index(worker)
        self._workers[place] = self._start(worker.number)
        return self._workers[place]

    @staticmethod
    def _reap(worker: _Worker) -> None:
        worker.process.wait()
        if worker.listener is not None:
            worker.listener.join()
        for pipe in (worker.process.stdin, worker.process.stdout, worker.errors):
            with suppress(OSError):  # what was meant for a dead process is still in its buffer
                if pipe is not None:
                    pipe.close()
