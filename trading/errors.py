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
    """It never left or never reached a handler: connection refused, DNS, 429.

    `retry_after_s`: how long the broker asked us to wait, None where it did not say. `limited`: the
    way there works and we asked too much (429); else nobody was reached.
    """

    retry_safe = True

    def __init__(
        self,
        message: str,
        *,
        reason: int = 0,
        retry_after_s: float | None = None,
        limited: bool = False,
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s
        self.limited = limited


class SessionExpired(NotSent):
    """The session is over (401): the call did nothing, and may be made again after a new login,
    with the same client tag. Adapters do so themselves (`renewal`); who gets this had no new login.
    """


class RefusedByUs(Refused):
    """Our own gate said no: risk gate, open breaker, flatten in progress, closed manager."""


class OutcomeUnknown(DryfillError):
    """Sent, no answer: it may be working. Look the client tag up; never resend blindly."""


class ConnectionLost(DryfillError):
    """The stream is gone; what we know is stale until recovered."""

    retry_safe = True


class RunEnded(DryfillError):
    """The data ended while an order, a bracket or a flatten was waited for: it will never be."""


class GuardFailed(DryfillError):
    """A fault of ours ended the bracket or group that was waited for; an incident says what guards
    its position now."""


class JournalError(DryfillError):
    """A journal cannot be opened, read or written; what it held is as it was. The message names the
    file and the way out."""


class ProtocolError(DryfillError):
    """The broker broke its own rules."""
