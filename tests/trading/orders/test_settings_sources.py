"""Settings from code, a TOML file and the environment; what is wrong is named with its place."""

from dataclasses import fields
from pathlib import Path

import pytest

from dryfill.trading.errors import ScenarioError, UsageError
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.orders.settings_page import meanings, page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "order-settings.md"


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "dryfill.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_file_gives_what_its_table_says_and_defaults_fill_the_rest(write):
    text = '[other]\nretry_s = "no"\n\n[orders]\nretry_s = 0.5\nmisses = 3\nlog_ids = false\n'
    settings = OrderSettings.from_toml(write(text))
    assert settings == OrderSettings(retry_s=0.5, misses=3, log_ids=False)


def test_a_whole_number_is_a_number_of_seconds_too(write):
    assert OrderSettings.from_toml(write("[orders]\nlook_s = 7\n")).look_s == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[orders]\n\nretry_sec = 1\n",
            "line 3: there is no setting retry_sec; did you mean re",
        ),
        ("[orders]\nxyz = 1\n", "line 2: there is no setting xyz; docs/order-settings.md lists"),
        ('[orders]\nmisses = 2\nretry_s = "soon"\n', "line 3: retry_s is 'soon': .* valid number"),
        ("[orders]\nmisses = 2.0\n", "line 2: misses is 2.0: .* valid integer"),
        ("[orders]\nmisses = true\n", "line 2: misses is True: .* valid integer"),
        ("[orders]\nlog_ids = 1\n", "line 2: log_ids is 1: .* valid boolean"),
        ('[orders]\n"retry_s" = true\n', "line 2: retry_s is True"),
        ('retry_s = 1\n[orders]\nretry_s = "soon"\n', "line 3: retry_s is 'soon'"),
        ("orders.retry_s = true\n", r"line \?: retry_s is True"),
        ("[orders]\nretry_s = -1\n", "dryfill.toml: OrderSettings.retry_s is -1"),
        ("[orders]\nretry_s = nan\n", "OrderSettings.retry_s is nan; it must be above zero"),
        ("[orders]\nretry_s = 99\n", "retry_s 99.* is longer than retry_most_s"),
        ("retry_s = 1\n", r"has no table \[orders\]; put the settings below such a line"),
        ("orders = 1\n", r"has no table \[orders\]"),
        ("[orders\n", "is no TOML: "),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(text, said, write):
    with pytest.raises(ScenarioError, match=rf"dryfill\.toml.*{said}|{said}") as error:
        OrderSettings.from_toml(write(text))
    assert "dryfill.toml" in str(error.value)


def test_a_file_that_is_not_there_or_no_text(write, tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml cannot be read: No such file"):
        OrderSettings.from_toml(tmp_path / "none.toml")
    path = write("")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="is no TOML"):
        OrderSettings.from_toml(path)


def test_the_environment_gives_settings_by_their_names():
    environ = {
        "DRYFILL_ORDERS_RETRY_S": "0.5",
        "DRYFILL_ORDERS_MISSES": "3",
        "DRYFILL_ORDERS_LOG_IDS": "false",
        "DRYFILL_OTHER": "x",
        "PATH": "y",
    }
    assert OrderSettings.from_environment(environ) == OrderSettings(
        retry_s=0.5, misses=3, log_ids=False
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("RETRY_S", "soon", "DRYFILL_ORDERS_RETRY_S is 'soon': .* valid number"),
        ("MISSES", "2.5", "DRYFILL_ORDERS_MISSES is '2.5': .* valid integer"),
        ("LOG_IDS", "perhaps", "DRYFILL_ORDERS_LOG_IDS is 'perhaps': .* valid boolean"),
        ("RETRIES", "1", "DRYFILL_ORDERS_RETRIES=1: there is no setting retries; did you mean"),
        ("RETRY_S", "-1", "OrderSettings.retry_s is -1.0; it must be above zero"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_with_its_variable(name, text, said):
    with pytest.raises(UsageError, match=said):
        OrderSettings.from_environment({f"DRYFILL_ORDERS_{name}": text})


def test_code_goes_before_the_environment_before_the_file_before_the_defaults(write):
    path = write("[orders]\nlook_s = 2.0\nmisses = 3\nbreaker_s = 6.0\n")
    environ = {"DRYFILL_ORDERS_MISSES": "4", "DRYFILL_ORDERS_BREAKER_S": "7"}
    settings = OrderSettings.load(path, environ, breaker_s=8.0)
    assert (settings.look_s, settings.misses, settings.breaker_s) == (2.0, 4, 8.0)
    assert settings.proven_s == OrderSettings().proven_s
    assert OrderSettings.load() == OrderSettings()


def test_every_setting_is_explained_in_the_docstring_as_name_colon_text():
    assert set(meanings()) == {field.name for field in fields(OrderSettings)}
    assert all(text.strip() for text in meanings().values())


def test_the_page_of_settings_is_made_from_the_docstring():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "print it anew: python -m dryfill.trading.orders.settings_page > docs/order-settings.md"
    )
