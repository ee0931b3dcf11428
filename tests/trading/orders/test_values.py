"""What the order manager hands out is a value: it stays as it is, whoever holds it."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass

import msgspec
import pytest

import dryfill.trading.orders as room
from dryfill.trading.orders.brackets.bracket import Bracket
from dryfill.trading.orders.exits.fallback import Fallback
from dryfill.trading.orders.groups.group import Group
from dryfill.trading.orders.guards.close import Close
from dryfill.trading.orders.guards.guard import Guard
from dryfill.trading.orders.owners import Owner

CHANGES = {"sending.repeats.Sent"}  # a command on its way: what comes of it is written on it

# Made by the names of their fields, so that no field is taken for another, nor comes to mean
# another when one is added: what is told, what is written down, and what takes many numbers.
TOLD = ("events.", "figures.", "journal.records.OrderKept", "recovery.differences.")
KEPT = ("Kept", "journal.records.Standing", "risk.exposure.OrderView", "risk.exposure.GateState")
GIVEN = ("Spec", "brackets.plan.Rules", "settings.OrderSettings", "risk.limits.RiskLimits")
SHORT = {"journal.records.StateKept", "journal.records.EventKept", "risk.switch.KillKept"}


def values():
    """Every class of the room that only carries its fields, by module and name."""
    found = {}
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        for name, each in vars(importlib.import_module(module.name)).items():
            ours = isinstance(each, type) and each.__module__ == module.name
            if ours and (issubclass(each, msgspec.Struct) or is_dataclass(each)):
                found[f"{module.name.removeprefix(room.__name__)[1:]}.{name}"] = each
    return found


VALUES = values()
NAMED = [
    name
    for name in VALUES
    if (name.startswith(TOLD) or name.endswith((*KEPT, *GIVEN))) and name not in SHORT
]


@pytest.mark.parametrize("name", VALUES)
def test_nobody_changes_a_value(name):
    value = VALUES[name]
    frozen = (
        value.__dataclass_params__.frozen if is_dataclass(value) else value.__struct_config__.frozen
    )
    assert frozen is (name not in CHANGES)


@pytest.mark.parametrize("name", NAMED)
def test_a_value_of_many_fields_is_made_by_their_names(name):
    with pytest.raises(TypeError, match="positional"):
        VALUES[name](None)


@pytest.mark.parametrize("name", [name for name in VALUES if is_dataclass(VALUES[name])])
def test_what_a_user_gives_has_no_fields_that_nobody_reads(name):
    with pytest.raises(AttributeError):
        object.__setattr__(VALUES[name](), "no_such_field", 1)


SAID = {"exits.flatten_core.FlattenResult.confirmed", "groups.spec.GroupSpec.keeps"}
SAID |= {"risk.limits.RiskLimits.trailing_counts_open"}
DEFAULTS = {
    f"{name}.{field.name}": field.default
    for name, value in VALUES.items()
    if name != "settings.OrderSettings"  # docs/order-settings.md has these
    for field in (fields if is_dataclass(value) else msgspec.structs.fields)(value)
    if type(field.default) in (bool, int, float)
}


@pytest.mark.parametrize("field", DEFAULTS)
def test_what_a_value_does_not_say_it_does_not_claim(field):
    assert bool(DEFAULTS[field]) is (field in SAID)


ASKED = [name for name, each in vars(Owner).items() if isinstance(each, property)]


@pytest.mark.parametrize("owner", [Bracket, Group, Guard, Close, Fallback])
@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_of_every_owner_is_answered_without_a_call(owner, name):
    assert not callable(inspect.getattr_static(owner, name, None))
