"""What a trader does about a position and about all orders, in the scripts of manager tests."""

from decimal import Decimal

from scripted_broker import MNQ

from dryfill.trading.order import OrderRequest
from dryfill.trading.words import OrdType, Side

HELD = """
    do place buy 3
    > place 1#1 buy 3 market
    < new 1#1
    < ack 1#1
    < fill 1#1 3 @ 20000
"""
GUARDED = (
    HELD
    + """
    do guard loss 19990 target 20020
    > place 2.stop#1 sell 3 stop 19990
    > place 2.target#1 sell 3 limit 20020
    < new 2.stop#1
    < ack 2.stop#1
    < ack 2.target#1
    < new 2.target#1
    = got guard -> protected(3)
    = bare
"""
)

ACTS = ("guard", "unguard", "exit", "flatten_all", "kill", "cancel_all", "orphan", "price")


def act_on_position(stage, what, words, level):
    """Do what a script says; `level` reads a level."""
    if what == "guard":  # `guard loss 40t target 20010 qty 2 market 20000`
        given = dict(zip(words[::2], words[1::2], strict=True))
        levels = {"stop": given.get("loss"), "target": given.get("target")}
        guard = stage.manager.protect(
            MNQ,
            **{name: level(text) for name, text in levels.items() if text},
            qty=int(given["qty"]) if "qty" in given else None,
            market=given.get("market"),
        )
        if guard not in stage.guards:
            stage.guards.append(guard)
        stage.run("guard", guard.protected())
    elif what == "price":  # the market trades
        px = MNQ.units(words[0])
        stage.manager.prices.follow(MNQ)
        stage.manager.on_price(MNQ, px, px)
    elif what == "unguard":
        stage.manager.unprotect(MNQ)
    elif what == "cancel_all":
        cancels = stage.manager.cancel_all(keep_protection="keep" in words)
        timeout = next((float(word) for word in words if word[0].isdigit()), None)
        stage.run("cancel_all", cancels.finished(timeout))
    elif what == "flatten_all":
        flattens = stage.manager.flatten_all("now", include_foreign="foreign" in words)
        stage.run("flatten_all", flattens.finished())
    elif what == "kill":
        stage.run("kill", stage.manager.kill(" ".join(words)).finished())
    elif what == "orphan":  # an order of ours whose owner is gone
        stage.orders[words[0]] = stage.manager._outbox.send(
            OrderRequest(
                cl_ord_id=words[0],
                instrument=MNQ,
                side=Side.SELL,
                ord_type=OrdType.STOP,
                order_qty=1,
                stop_px=Decimal(words[1]),
            )
        )
    else:  # `exit 2`, `exit all limit 20010`: of the position
        qty = None if words[0] == "all" else int(words[0])
        close = stage.manager.close_position(MNQ, qty, limit=words[2] if words[1:] else None)
        stage.closes[close.intent] = close
        stage.run(f"exit {close.intent}", close.done())
