"""Session tokens: JWT-shaped, signed, good for a day (gateway-protocol 4).

Clients split the token at its dots and read `exp` from the middle part. The signature is an HMAC
with a key that is given; nothing here draws a random number.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec

_HEADER = {"alg": "HS256", "typ": "JWT"}


class BadToken(Exception):
    """A token that opens nothing; the text never repeats it."""


class Tokens:
    """Issues and reads tokens. `life_s`: how long one lives, 24 h at the gateway.

    Logging in again does not end older tokens; `end` ends one, `end_all` all that were issued so
    far. `issued`, `endings`: how many tokens there were, and how often all were ended.
    """

    def __init__(self, key: bytes, life_s: float = 24 * 3600.0) -> None:
        self.life_s = life_s
        self._key = key
        self.issued = 0
        self.endings = 0
        self._ended: dict[str, None] = {}

    def issue(self, user: str, now_s: float) -> str:
        """A new token of a user. Its number makes two of one second differ."""
        self.issued += 1
        claims = {
            "sub": user,
            "iat": int(now_s),
            "exp": int(now_s + self.life_s),
            "jti": self.issued,
            "gen": self.endings,
        }
        body = f"{_base64(_HEADER)}.{_base64(claims)}"
        return f"{body}.{self._signature(body)}"

    def read(self, token: str, now_s: float) -> str:
        """The user whose token it is. Raises `BadToken`."""
        claims = self._claims(token)
        if claims["exp"] <= now_s:
            raise BadToken("the token has expired")
        if token in self._ended or claims["gen"] != self.endings:
            raise BadToken("the session of this token was ended")
        return str(claims["sub"])

    def end(self, token: str) -> None:
        """End one session. Raises `BadToken` for what is no token of ours."""
        self._claims(token)
        self._ended[token] = None

    def end_all(self) -> None:
        """End every session that there is."""
        self.endings += 1
        self._ended.clear()

    def _claims(self, token: str) -> dict[str, Any]:
        body, _, signature = token.rpartition(".")
        # compare_digest refuses text that is not ASCII
        if not token.isascii() or not hmac.compare_digest(signature, self._signature(body)):
            raise BadToken("the token was not issued here")
        try:
            middle = body.split(".")[1]
            claims = msgspec.json.decode(
                base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))
            )
        except (IndexError, binascii.Error, msgspec.DecodeError) as error:
            raise BadToken("the token cannot be read") from error
        assert isinstance(claims, dict), "we signed it"
        return claims

    def _signature(self, body: str) -> str:
        digest = hmac.new(self._key, body.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _base64(fields: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(fields)).rstrip(b"=").decode()
