"""A command that runs as a program of its own: what it says, what it is told, how it ends."""

import signal

from leavings import SECRET

ANY_HOUR = """
[any-hour]
as_of = 2026-11-28
source = "written by hand: a prop firm's limits without its hours"
starting_balance = 50000
gross_position = 5
trailing_loss = 2000
"""


def any_hour(folder):
    """Words for limits that allow an order at whatever time of day a test is run."""
    file = folder / "any_hour.toml"
    file.write_text(ANY_HOUR, encoding="utf-8")
    return ["--risk", "any-hour", "--limits", str(file)]


class Program:
    """A program that runs: what it says, and how it ends."""

    def __init__(self, running):
        self._running = running
        self.said = ""

    def until(self, words):
        """Read its stdout until a line with these words."""
        while True:
            line = self._running.stdout.readline()
            assert line, f"it ended without {words!r}: {self.said}\n{self._running.stderr.read()}"
            self.said += line
            if words in line:
                return line

    def interrupt(self):
        self._running.send_signal(signal.SIGINT)

    def terminate(self):
        self._running.terminate()

    def kill(self):
        self._running.kill()

    def ends(self):
        """Its exit code, all of stdout, and stderr."""
        out, err = self._running.communicate(timeout=30)
        assert not SECRET.search(self.said + out + err), "it says a key or a token"
        return self._running.returncode, self.said + out, err
