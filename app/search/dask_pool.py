"""A search on a Dask cluster: its workers play seeds as this machine's processes would.

A worker gets some seeds at a time and plays them in a fresh process of its own (`WorkerPool`),
since a run holds its whole process. It needs the same Dryfill, and the strategy and the data in the
same folder: nothing is sent but the brief.
"""

import os
from collections.abc import Generator, Iterable
from functools import partial
from importlib import import_module
from itertools import islice
from types import TracebackType
from typing import Any

from ... import __version__
from ...trading.errors import UsageError
from .explored import Brief
from .seed_end import SeedEnd
from .worker_pool import WorkerPool

_SEEDS = 16  # at a time: to start a process costs as much as some of them
_AHEAD = 2  # parcels of seeds for each thread of the cluster, so that none waits
_POLL_S = 0.2
_CONNECT_S = 10


class DaskPool:
    """As `WorkerPool`, on the cluster whose scheduler is at `address`; how many play at once is the
    cluster's own. Raises `UsageError` where there is no Dask, no cluster, or one with another
    Dryfill."""

    def __init__(self, brief: Brief, jobs: int, *, address: str, hang_s: float = 120.0) -> None:
        try:
            self._dask: Any = import_module("dask.distributed")
        except ModuleNotFoundError as error:
            raise UsageError(
                "--dask needs Dask's distributed, which is not installed: "
                "pip install 'dryfill[dask]'"
            ) from error
        try:
            self._client = self._dask.Client(address, timeout=_CONNECT_S)
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {address!r} ({error}); `dask scheduler` starts one, "
                "and says its address"
            ) from error
        self._play = partial(play_seeds, brief.to_json(), os.getcwd(), hang_s)
        try:
            self._room = _AHEAD * self._checked_threads()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "DaskPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close()

    def play(self, seeds: Iterable[int]) -> Generator[SeedEnd | None, None, None]:
        """The end of each seed, as they come; None every now and then, when there is nothing new.

        Closing the iterator ends it; seeds that are under way are played to nobody then.
        """
        waiting, out = iter(seeds), dict[Any, list[int]]()
        while True:
            while len(out) < self._room and (parcel := list(islice(waiting, _SEEDS))):
                out[self._client.submit(self._play, parcel, pure=False)] = parcel
            if not out:
                return
            try:
                done, _ = self._dask.wait(list(out), timeout=_POLL_S, return_when="FIRST_COMPLETED")
            except (TimeoutError, self._dask.TimeoutError):
                yield None
                continue
            for future in done:
                yield from _ends(future, out.pop(future))

    def close(self) -> None:
        """Let the cluster go; what is not begun is not begun."""
        self._client.close()

    def _checked_threads(self) -> int:
        versions: dict[str, str] = self._client.run(_version)
        if not versions:
            raise UsageError("the Dask cluster has no workers; `dask worker ADDRESS` starts one")
        for worker, version in versions.items():
            if version != __version__:
                raise UsageError(
                    f"the Dask worker at {worker} has Dryfill {version}, and this is {__version__}"
                )
        return sum(self._client.nthreads().values())


def play_seeds(brief: str, folder: str, hang_s: float, seeds: list[int]) -> list[bytes]:
    """On a worker: the ends of these seeds, as lines."""
    with WorkerPool(Brief.from_json(brief), 1, hang_s=hang_s, folder=folder) as pool:
        return [end.line() for end in pool.play(seeds) if end is not None]


def _version() -> str:
    return __version__


def _ends(future: Any, seeds: list[int]) -> list[SeedEnd]:
    """What a worker found; of one that failed, that its seeds are lost."""
    if future.status == "finished":
        return [SeedEnd.of(line) for line in future.result()]
    error = future.exception() if future.status == "error" else future.status
    text = f"the Dask worker that had it failed: {error}"
    return [SeedEnd(seed, "lost", "LOST", text) for seed in seeds]
