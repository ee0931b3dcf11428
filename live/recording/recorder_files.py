"""One stream of a recording on its way to the disk: chunks while a segment grows, then one file.

All of it blocks; one thread beside the loop does it, batch by batch. What cannot be written (a full
disk) waits here and is tried again with the next batch.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from msgspec import Struct, structs

from ...trading.errors import ScenarioError, UsageError
from ...trading.recording import Head, PartName
from ...trading.recording_file import read_part, write_part
from .recorder_rows import Batch, frame_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """How a recorder writes. Seconds where a name ends in `_s`.

    `flush_s`: how often what was heard goes to the disk as a chunk, `flush_rows`: or as soon as a
    stream has so many rows. A process that is killed loses what it heard since, and the chunk that
    was being written. `segment_s`, `segment_rows`, `segment_bytes`: a segment is closed when it is
    so old or so large. `waiting_rows_most`, `waiting_chars_most`: how much may wait for the disk,
    over all streams; what comes beyond is counted as lost, because the loop waits for no disk.

    A segment is in memory once while it is closed: `segment_bytes` counts it so, unpacked.
    """

    flush_s: float = 5.0
    flush_rows: int = 50_000
    segment_s: float = 900.0
    segment_rows: int = 1_000_000
    segment_bytes: int = 100_000_000
    waiting_rows_most: int = 500_000
    waiting_chars_most: int = 100_000_000

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"RecorderSettings.{name} is {value!r}; it must be above zero")


class Written(Struct, frozen=True):
    """What became of a write: how much waits no more, how many rows of it were given up, and what
    went wrong. What is not in `rows` is tried again."""

    rows: int
    chars: int
    lost: int = 0
    trouble: str | None = None


class SegmentWriter:
    """The files of one stream of one run."""

    def __init__(
        self,
        folder: Path,
        first: PartName,
        head: Head,
        settings: RecorderSettings,
    ) -> None:
        self._folder = folder
        self._name = first
        self._head = head
        self._settings = settings
        self._waiting: deque[Batch] = deque()
        self._chunks: list[Path] = []
        self._rows = 0
        self._bytes = 0
        self._began_ns = self._last_ns = 0

    @property
    def waits(self) -> bool:
        """Whether something could not be written yet."""
        return bool(self._waiting)

    def write(self, batch: Batch | None) -> Written:
        """Write a batch, after those that still wait; close the segment when it is full."""
        if batch is not None:
            self._waiting.append(batch)
        rows = chars = lost = 0
        trouble = None
        while self._waiting:
            head = self._waiting[0]
            try:
                self._chunk(head)
            except OSError as error:
                why = error.strerror or str(error)
                return Written(rows, chars, lost, f"{self._folder} cannot be written: {why}")
            except Exception as error:  # noqa: BLE001  a batch that never fits must not stop the rest
                trouble = f"{head.rows} rows of {self._head.kind.value} given up: {error!r}"
                lost += head.rows
            rows, chars = rows + head.rows, chars + head.chars
            self._waiting.popleft()
        return Written(rows, chars, lost, (self.close() if self._full() else None) or trouble)

    def close(self) -> str | None:
        """Make one file of the segment's chunks, and begin the next; what went wrong, if anything:
        then the chunks stay, and replay as well."""
        if not self._chunks:
            return None
        trouble = None
        try:
            parts = [read_part(path) for path in self._chunks]
            lost = sum(head.lost for head, _ in parts)
            frame = pl.concat(frame for _, frame in parts)
            outages = tuple(outage for head, _ in parts for outage in head.outages)
            head = structs.replace(self._head, lost=lost, outages=outages)
            write_part(self._folder / self._name.file, frame, head)
        except (OSError, ScenarioError) as error:
            trouble = f"a segment stays in chunks: {error}"
        else:
            # A crash from here on leaves chunks beside their closed file; readers know (recording).
            for path in self._chunks:
                path.unlink(missing_ok=True)
        self._name = structs.replace(self._name, segment=self._name.segment + 1)
        self._chunks = []
        self._rows = self._bytes = 0
        return trouble

    def _chunk(self, batch: Batch) -> None:
        name = structs.replace(self._name, chunk=len(self._chunks) + 1)
        path = self._folder / name.file
        head = structs.replace(self._head, lost=batch.lost, outages=batch.outages)
        frame = frame_of(batch)
        write_part(path, frame, head)
        if not self._chunks:
            self._began_ns = batch.at_ns
        self._chunks.append(path)
        self._rows += batch.rows
        self._bytes += int(frame.estimated_size())
        self._last_ns = batch.at_ns

    def _full(self) -> bool:
        settings = self._settings
        return bool(self._chunks) and (
            self._rows >= settings.segment_rows
            or self._bytes >= settings.segment_bytes
            or self._last_ns - self._began_ns >= settings.segment_s * 10**9
        )
