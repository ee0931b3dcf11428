"""What the adapter is told: where the gateway is, who trades, and how patient it is.

From code, from the environment (`DRYFILL_LIVE_USER_NAME`, `DRYFILL_LIVE_API_KEY`, …) and from a
TOML file (table `[live]`); the environment goes before the file, code before both. The key may be
in the system's keyring instead, under the service `dryfill` and the user's name. It is held as a
`SecretStr` and shown by nothing here.
"""

import importlib
import importlib.util
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from ..trading.errors import UsageError
from ..trading.tables import read_toml

_OWN_NAMES = {"topstepx": "topstepx.com"}  # firms with a domain of their own; others have <firm>
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class LiveSettings(BaseSettings):
    """`firm` names the addresses (`topstepx`, `thefuturesdesk`, …); `rest` and `hubs` are origins
    that go before it, `hubs` being `rest` where only that is given, as with our own gateway.

    `auto_oco`: whether the account keeps a stop and a target for an entry itself, a switch of the
    trader's that the gateway does not tell (None: not told). `stop_limit`: offer stop-limit orders,
    which the gateway's pages do not list as placeable. `simulated`: whether the account is, where
    the gateway leaves that out. Names that end in `_s` are seconds, by the loop's clock.
    """

    model_config = SettingsConfigDict(
        env_prefix="DRYFILL_LIVE_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    firm: str = "topstepx"
    rest: str | None = None
    hubs: str | None = None
    user_name: str = ""
    api_key: SecretStr | None = None

    carrier: Literal["websockets", "signalrcore"] = "websockets"
    auto_oco: bool | None = None
    stop_limit: bool = False
    simulated: bool | None = None

    connect_s: float = Field(5.0, gt=0)
    write_s: float = Field(5.0, gt=0)
    read_s: float = Field(20.0, gt=0)
    pool_s: float = Field(2.0, gt=0)
    total_s: float = Field(60.0, gt=0)
    """The longest that one exchange takes, for an answer that comes drop by drop."""

    renew_before_s: float = Field(900.0, gt=0)
    """How long before its end a token is validated."""
    renew_least_s: float = Field(30.0, gt=0)
    """A token is validated no more often than this, whatever the local clock says."""
    login_refused_s: float = Field(60.0, gt=0)
    """How long a key that was refused is not tried again."""

    dial_s: float = Field(10.0, gt=0)
    """How long a hub's connection may take to stand."""
    reconnect_first_s: float = Field(0.5, gt=0)
    reconnect_most_s: float = Field(30.0, gt=0)
    steady_s: float = Field(10.0, gt=0)
    """How long a hub must have been up for its next loss to count as the first."""
    gap_every_s: float = Field(1.0, gt=0)
    """Gaps that bad messages leave are told no more often than this."""
    close_named_s: float = Field(1.0, gt=0)
    """How long the event is waited for that names the order of a closed position."""
    bar_late_s: float = Field(1.0, gt=0)
    """How long after a bar's end its last trades may still come."""

    @model_validator(mode="after")
    def _addresses(self) -> Self:
        for name, address in (("rest", self.rest_origin), ("hubs", self.hub_origin)):
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{name} is {address!r}; give an origin like https://api.firm.com")
            if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
                raise ValueError(
                    f"{name} is {address!r}; a key goes over https, or stays on this machine"
                )
        if self.reconnect_first_s > self.reconnect_most_s:
            raise ValueError("reconnect_first_s is above reconnect_most_s")
        return self

    @property
    def rest_origin(self) -> str:
        """Where REST is: `https://api.topstepx.com`."""
        domain = _OWN_NAMES.get(self.firm.lower(), f"{self.firm.lower()}.projectx.com")
        return (self.rest or f"https://api.{domain}").rstrip("/")

    @property
    def hub_origin(self) -> str:
        """Where the hubs are: `https://rtc.topstepx.com`."""
        domain = _OWN_NAMES.get(self.firm.lower(), f"{self.firm.lower()}.projectx.com")
        return (self.hubs or self.rest or f"https://rtc.{domain}").rstrip("/")

    def key(self) -> str:
        """The API key. Raises `UsageError` that says where one may be put."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        found = _from_keyring(self.user_name)
        if found is None:
            raise UsageError(
                "there is no API key; set DRYFILL_LIVE_API_KEY, or put it into the keyring under "
                f"service 'dryfill' and user {self.user_name!r}"
            )
        return found

    @classmethod
    def load(cls, path: Path | str | None = None, **given: Any) -> "LiveSettings":
        """Settings from code, then the environment, then the file's table `[live]`.

        Raises `UsageError` naming what is wrong and where, `ScenarioError` for a file that is no
        TOML; values are not repeated in them, for one may be a key.
        """
        table = {} if path is None else _table(path, set(cls.model_fields))
        try:
            return cls(**{**table, **EnvSettingsSource(cls)(), **given})
        except ValidationError as error:
            found = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'addresses'}: {each['msg']}"
                for each in error.errors(include_input=False, include_context=False)
            )
            # Not `from error`: it holds what was given, and with it perhaps a key.
            raise UsageError(f"settings of the live adapter: {found}") from None


def _table(path: Path | str, known: set[str]) -> dict[str, Any]:
    table = read_toml(path).get("live", {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: live is no table; write the settings below a line [live]")
    if "api_key" in table:
        raise UsageError(
            f"{path}: a key does not belong in a file; set DRYFILL_LIVE_API_KEY or use a keyring"
        )
    unknown = sorted(set(table) - known)
    if unknown:
        raise UsageError(f"{path}: there is no setting {', '.join(unknown)} of [live]")
    return table


def _from_keyring(user_name: str) -> str | None:
    if importlib.util.find_spec("keyring") is None:
        return None
    found = importlib.import_module("keyring").get_password("dryfill", user_name)
    return found if isinstance(found, str) and found else None
