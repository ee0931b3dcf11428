"""Who may log in and which paper accounts there are, as a TOML file says it.

[[users]]
name = "ada"
key = "k-0123456789abcdef"

[[accounts]]
name = "PRACTICE-1"
user = "ada"
cash = "50000"
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....trading.errors import ScenarioError
from ....trading.tables import read_toml
from ...desk.bracket_rules import BracketRules

_FIRST_ID = 1001
_INT32_MOST = 2**31 - 1


@dataclass(frozen=True)
class User:
    """A user; `password` is for clients that still log in by application. Names are case-blind."""

    name: str
    key: str = field(repr=False)
    password: str | None = field(default=None, repr=False)


class AccountSpec(BaseModel):
    """One paper account and how its simulator treats it.

    `brackets`: the account's mode, `auto-oco` takes an entry's brackets, `position` refuses them.
    `signs`: `strict` takes bracket ticks with the sign that the gateway wants, `lenient` takes any.
    `close_cancels`: a position that is closed takes its brackets away. `opens`: when the brackets
    of an entry that fills in parts begin to work. `shrinks`: a part filled on one leg makes the
    other smaller. `links`: `linkedOrderId` on placing is honoured. `stop_limit`: such orders may be
    placed. `margin`: money for each contract by symbol or root; not checked if None. `fees`: a
    schedule's name, or money for each contract and side by symbol or root. Source:
    gateway-protocol 7, 12 and 14.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    user: str = "demo"
    id: Annotated[int | None, Field(ge=1, le=_INT32_MOST)] = None
    cash: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] = Decimal(50_000)
    fees: str | dict[str, Decimal] = "topstepx"
    can_trade: bool = True
    brackets: Literal["auto-oco", "position"] = "auto-oco"
    signs: Literal["strict", "lenient"] = "strict"
    close_cancels: bool = False
    opens: Literal["each fill", "complete"] = "each fill"
    shrinks: bool = True
    links: bool = True
    stop_limit: bool = False
    margin: dict[str, Decimal] | None = None

    def bracket_rules(self) -> BracketRules:
        """What the desk needs to know of it."""
        return BracketRules(
            auto_oco=self.brackets == "auto-oco",
            opens=self.opens,
            shrinks=self.shrinks,
            close_cancels=self.close_cancels,
        )


@dataclass(frozen=True)
class People:
    """Users and accounts; every account has an id."""

    users: tuple[User, ...]
    accounts: tuple[AccountSpec, ...]
    _by_name: dict[str, User] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {user.name.lower(): user for user in self.users})

    def user(self, name: str) -> User | None:
        """A user by name, in any case."""
        return self._by_name.get(name.lower())

    def has_key(self, name: str, key: str) -> User | None:
        """The user whose name and key these are; None where they do not go together."""
        user = self.user(name)
        return user if user is not None and _same(key, user.key) else None

    def has_password(self, name: str, password: str) -> User | None:
        """As `has_key`, by the password; None for a user that has none."""
        user = self.user(name)
        known = user is not None and user.password is not None and _same(password, user.password)
        return user if known else None


def people(users: Sequence[User], accounts: Sequence[AccountSpec]) -> People:
    """Users and their accounts; those without an id get the next free one from 1001.

    Raises `ScenarioError` for names and ids that are there twice and accounts of nobody.
    """
    names = [user.name.lower() for user in users]
    ids = [str(account.id) for account in accounts if account.id is not None]
    for what, given in (("user", names), ("account id", ids)):
        for each in given:
            if given.count(each) > 1:
                raise ScenarioError(f"the {what} {each} is there twice")
    for account in accounts:
        if account.user.lower() not in names:
            raise ScenarioError(
                f"account {account.name!r} belongs to {account.user!r}; users are {names}"
            )
    taken = {account.id: None for account in accounts}
    numbered = []
    next_id = _FIRST_ID
    for account in accounts:
        if account.id is None:
            while next_id in taken:
                next_id += 1
            taken[next_id] = None
            account = account.model_copy(update={"id": next_id})
        numbered.append(account)
    return People(tuple(users), tuple(numbered))


def read_people(path: Path | str) -> People:
    """Users and accounts of a TOML file. Raises `ScenarioError` with file, key and value, but for
    keys and passwords, which are never repeated."""
    tables = read_toml(path)
    surplus = sorted(tables.keys() - {"users", "accounts"})
    if surplus:
        raise ScenarioError(f"{path}: {surplus[0]} is not a key; write [[users]] and [[accounts]]")
    users = [_user(row, path, n) for n, row in enumerate(_rows(tables, "users", path))]
    accounts = [_account(row, path, n) for n, row in enumerate(_rows(tables, "accounts", path))]
    return people(users, accounts)


def _rows(tables: dict[str, Any], name: str, path: Path | str) -> list[Any]:
    rows = tables.get(name)
    if not isinstance(rows, list) or not rows:
        raise ScenarioError(f"{path}: there are no {name}; write at least one [[{name}]]")
    return rows


def _account(row: Any, path: Path | str, n: int) -> AccountSpec:
    try:
        return AccountSpec.model_validate(row)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(["accounts", str(n), *(str(part) for part in first["loc"])])
        if first["type"] == "extra_forbidden":
            known = ", ".join(AccountSpec.model_fields)
            raise ScenarioError(f"{path}: {where} is not a key; known are {known}") from exc
        got = "" if first["type"] == "missing" else f" is {first['input']!r}"
        raise ScenarioError(f"{path}: {where}{got}: {first['msg']}") from exc


def _user(row: Any, path: Path | str, n: int) -> User:
    known = {"name", "key", "password"}
    fields = row if isinstance(row, dict) else {}
    surplus = sorted(fields.keys() - known)
    if surplus:
        raise ScenarioError(f"{path}: users.{n}.{surplus[0]} is not a key; known are name, key")
    for name in ("name", "key"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise ScenarioError(f"{path}: users.{n}.{name} has to be text that is not empty")
    if not isinstance(fields.get("password", ""), str):
        raise ScenarioError(f"{path}: users.{n}.password has to be text")
    return User(**fields)


def one_user(name: str, key: str) -> People:
    """One user with one practice-like account: Auto OCO on, 50 000."""
    if not key:
        raise ScenarioError(f"user {name!r} needs a key; an empty one opens to everybody")
    return people([User(name, key)], [AccountSpec(name="PRACTICE-1001", user=name)])


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
