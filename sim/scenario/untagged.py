"""A broker port whose events name an order by the broker's id alone, as some venues' do."""

from collections.abc import Callable
from typing import Any

from msgspec import structs

from ...trading.broker import Broker, BrokerEvent
from ...trading.order import ExecutionReport


class Untagged:
    """Stands before another port; questions are answered as it answers them."""

    def __init__(self, inner: Broker) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def listen(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._inner.listen(lambda event: sink(_without_tag(event)))


def _without_tag(event: BrokerEvent) -> BrokerEvent:
    if not isinstance(event, ExecutionReport):
        return event
    return structs.replace(event, order=structs.replace(event.order, cl_ord_id=""))
