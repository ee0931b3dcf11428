"""When a session's token ends, read from the token itself."""

import base64
import binascii

import msgspec

LIFE_S = 24 * 3600
"""How long a token lives that does not say (gateway-protocol 4)."""


def expires_s(token: str, issued_s: float) -> float:
    """The moment a token ends, in seconds since the epoch, by the clock of who issued it.

    A token of three parts carries `exp` in its second; one that cannot be read so ends 24 hours
    after it was given.
    """
    parts = token.split(".")
    if len(parts) == 3:
        try:
            padded = parts[1] + "=" * (-len(parts[1]) % 4)
            claims = msgspec.json.decode(base64.urlsafe_b64decode(padded))
            ends = claims["exp"]
        except (binascii.Error, msgspec.DecodeError, ValueError, TypeError, KeyError):
            ends = None
        if isinstance(ends, int | float) and not isinstance(ends, bool) and ends > issued_s:
            return float(ends)
    return issued_s + LIFE_S
