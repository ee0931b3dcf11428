"""Every error a user can meet. The class says whose fault it is and whether a retry is safe.

A command ends done, refused or unknown; the last two are raised. What comes later on the stream, a
reject or a cancel nobody asked for, is data (an `ExecutionReport`), not an exception.
"""


class DryfillError(Exception):
    """Base of all; never raised itself. `retry_safe`: the same call may be made again at once."""

    retry_safe = False


class UsageError(DryfillError):
    """The caller broke a rule of ours; nothing was sent."""


class OffGrid(UsageError):
    """A price that is not on its instrument's grid. Nothing was rounded and nothing was sent."""


class ScenarioError(DryfillError):
    """Bad input data: the message names file, line or row, value, and the way out."""


class Refused(DryfillError):
    """The broker said no, with its reason; nothing is working."""

    def __init__(self, message: str, *, reason: int = 0) -> None:
        super().__init__(message)
        self.reason = reason


class NotSent(Refused):
    """It never left or never reached a handler: connection refused, DNS, 429."""

    retry_safe = True


class RefusedByUs(Refused):
    """Our own gate said no: risk gate, open breaker, flatten in progress, closed manager."""


class OutcomeUnknown(DryfillError):
    """Sent, no answer: it may be working. Look the client tag up; never resend blindly."""


class ConnectionLost(DryfillError):
    """The stream is gone; what we know is stale until recovered."""

    retry_safe = True


class ProtocolError(DryfillError):
    """The broker broke its own rules."""
