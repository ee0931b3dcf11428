"""Settings of the adapter: addresses, sources, and a key that is shown nowhere."""

import sys
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from dryfill.live.settings import LiveSettings
from dryfill.trading.errors import ScenarioError, UsageError

KEY = "k-canary-0123456789"

ADDRESSES = {
    "the default": ({}, "https://api.topstepx.com", "https://rtc.topstepx.com"),
    "another firm": (
        {"firm": "TheFuturesDesk"},
        "https://api.thefuturesdesk.projectx.com",
        "https://rtc.thefuturesdesk.projectx.com",
    ),
    "our own gateway": (
        {"rest": "http://127.0.0.1:8000/"},
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000",
    ),
    "both": (
        {"rest": "https://a.example", "hubs": "https://b.example"},
        "https://a.example",
        "https://b.example",
    ),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_where_the_gateway_is(name):
    given, rest, hubs = ADDRESSES[name]
    settings = LiveSettings.load(**given)
    assert (settings.rest_origin, settings.hub_origin) == (rest, hubs)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"rest": "http://api.example.com"}, "a key goes over https, or stays on this machine"),
        ({"rest": "https://a.example", "hubs": "http://b.example"}, "hubs is 'http://b.example'"),
        ({"rest": "127.0.0.1:8000"}, "give an origin like"),
        ({"read_s": 0}, "read_s: Input should be greater than 0"),
        ({"carrier": "pigeon"}, "carrier: Input should be 'websockets' or 'signalrcore'"),
        ({"reconnect_first_s": 60}, "reconnect_first_s is above reconnect_most_s"),
        ({"user": "ada"}, "user: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_is_refused_and_no_key_repeated(given, why):
    with pytest.raises(UsageError, match=why) as caught:
        LiveSettings.load(api_key=KEY, **given)
    assert KEY not in str(caught.value)
    with pytest.raises(ValidationError) as raw:
        LiveSettings(api_key=KEY, **given)
    assert KEY not in str(raw.value)


def test_code_goes_before_the_environment_and_that_before_the_file(tmp_path, monkeypatch):
    file = tmp_path / "settings.toml"
    file.write_text("[live]\nfirm = 'blusky'\nuser_name = 'file'\nread_s = 3.5\n[orders]\nx = 1\n")
    monkeypatch.setenv("DRYFILL_LIVE_USER_NAME", "environment")
    monkeypatch.setenv("DRYFILL_LIVE_API_KEY", KEY)
    settings = LiveSettings.load(file, read_s=4)
    assert (settings.firm, settings.user_name, settings.read_s) == ("blusky", "environment", 4)
    assert settings.key() == KEY
    assert KEY not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("[live]\napi_key = 'k-canary-0123456789'\n", UsageError, "a key does not belong in"),
        ("[live]\nfrim = 'x'\n", UsageError, "there is no setting frim of"),
        ("live = 3\n", UsageError, "live is no table"),
        ("[live", ScenarioError, "key-given.toml is no TOML: Expected"),
        ("[live]\nkey = 'k-canary-0123456789", ScenarioError, "is no TOML: Expected"),
    ],
)
def test_a_file_that_cannot_be_is_refused(tmp_path, text, error, why):
    file = tmp_path / "key-given.toml"
    file.write_text(text)
    with pytest.raises(error, match=why) as caught:
        LiveSettings.load(file)
    assert KEY not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none.toml cannot be read: .*; check the path"):
        LiveSettings.load(tmp_path / "none.toml")


def test_without_a_key_it_is_said_where_to_put_one(monkeypatch):
    monkeypatch.delenv("DRYFILL_LIVE_API_KEY", raising=False)
    with pytest.raises(UsageError, match="set DRYFILL_LIVE_API_KEY, or put it into the keyring"):
        LiveSettings.load(user_name="ada").key()


def test_a_key_in_the_systems_keyring_is_found(monkeypatch):
    kept = {("dryfill", "ada"): KEY}
    keyring = SimpleNamespace(
        get_password=lambda service, user: kept.get((service, user)),
        __spec__=SimpleNamespace(name="keyring"),
    )
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert LiveSettings.load(user_name="ada").key() == KEY
    with pytest.raises(UsageError):
        LiveSettings.load(user_name="bob").key()
