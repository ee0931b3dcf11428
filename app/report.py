"""The report of a run: what to print, what to look into, what to keep."""

from ..sim.record import Record


class Report:
    def __init__(self, record: Record) -> None:
        self.record = record
