"""The program at an address, whichever it is now: one that was started again is another process,
and serves an application of its own."""

from ...trading.errors import UsageError
from ..loop.process import Process
from .application import Application


class Server:
    """What stands at the other end of requests and connections. While its process is dead, nobody
    listens there: who comes is refused, and what was under way is reset."""

    def __init__(self, app: Application, process: Process) -> None:
        self.app = app
        self.process = process

    @property
    def alive(self) -> bool:
        return self.process.alive

    def started_again(self, app: Application, process: Process) -> None:
        """The next life listens here. Raises `UsageError` while the last one does."""
        if self.process.alive:
            name = self.process.name
            raise UsageError(f"process {name!r} lives; only a dead one is started again")
        self.app, self.process = app, process
