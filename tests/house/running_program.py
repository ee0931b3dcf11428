"""A command that runs as a program of its own: what it says, what it is told, how it ends."""

import signal

from leavings import SECRET


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
