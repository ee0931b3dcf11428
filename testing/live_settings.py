"""Settings of the live adapter in a rehearsal: nothing of them comes from this machine."""

from functools import cache
from typing import Any

from pydantic import SecretStr

from ..live.settings import LiveSettings

USER, KEY = "rehearsal", "k-rehearsal"
ORIGIN = "http://127.0.0.1"


@cache
def rehearsed_settings(**given: Any) -> LiveSettings:
    """The defaults and what is given; the environment says nothing here, so that a run is the same
    on every machine."""
    usual = {name: field.default for name, field in LiveSettings.model_fields.items()}
    own = {"user_name": USER, "api_key": SecretStr(KEY), "rest": ORIGIN}
    return LiveSettings(**{**usual, **own, **given})
