"""A plan's faults of subscriptions (F18): what a client asks of the user hub, changed."""

import json

from ..faults.injector import Faults
from ..faults.passing import Call

END = "\x1e"


def fated_text(faults: Faults, text: str) -> str | None:
    """What goes out in place of a text of the client's; None: nothing.

    Refused: the hub is asked for what it has not, and says so. Inert: it is asked to stop what
    never began, and confirms that. Silent: it never hears of it.
    """
    kept = [_fated(faults, record) for record in text.split(END)[:-1]]
    return "".join(record + END for record in kept if record is not None) or None


def _fated(faults: Faults, record: str) -> str | None:
    fields = json.loads(record)
    target = fields.get("target", "")
    if not target.startswith("Subscribe"):
        return record
    fate = faults.fate_of(Call(name="subscribe"))
    if fate is None or fate.fault is None:
        return record
    form = fate.fault.form or "refused"
    if form == "silent":
        return None
    instead = f"No{target}" if form == "refused" else f"Uns{target[1:]}"
    return json.dumps({**fields, "target": instead})
