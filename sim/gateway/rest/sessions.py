"""Who is logged in: from name and key to a token, from a token to a user (gateway-protocol 4)."""

from collections.abc import Callable
from typing import Any

from ..venue.accounts import People
from .bodies import LoginApp, LoginKey
from .error_codes import Failed, Failure
from .tokens import Tokens


class Sessions:
    """Logins and tokens of a gateway. `wall_s`: seconds since the epoch, for their expiry."""

    def __init__(self, people: People, tokens: Tokens, wall_s: Callable[[], float]) -> None:
        self.tokens = tokens
        self._people = people
        self._wall_s = wall_s

    def login_key(self, body: LoginKey) -> dict[str, Any]:
        """A token for a name and its key. Raises `Failed`."""
        user = self._people.has_key(body.user_name, body.api_key)
        if user is None:
            raise Failed(Failure.BAD_CREDENTIALS)
        return {"token": self.tokens.issue(user.name, self._wall_s())}

    def login_app(self, body: LoginApp) -> dict[str, Any]:
        """A token for a name and its password, for users that have one. Raises `Failed`."""
        user = self._people.has_password(body.user_name, body.password)
        if user is None:
            raise Failed(Failure.BAD_CREDENTIALS)
        return {"token": self.tokens.issue(user.name, self._wall_s())}

    def user(self, token: str) -> str:
        """Whose token it is. Raises `BadToken`."""
        return self.tokens.read(token, self._wall_s())

    def validate(self, token: str) -> dict[str, Any]:
        """A fresh token for one that is still good. Raises `BadToken`."""
        return {"newToken": self.tokens.issue(self.user(token), self._wall_s())}

    def logout(self, token: str) -> dict[str, Any]:
        """End the session of a token. Raises `BadToken`."""
        self.tokens.end(token)
        return {}
