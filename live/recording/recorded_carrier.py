"""Connections of hubs that a recorder hears: each frame as it was on the wire, in and out."""

from urllib.parse import urlsplit

from ..hubs.carrier import Carrier, Dial
from .recorder import Recorder


class RecordedDial:
    """Dials as `inner` does. `recorder` may be set later: what passes before is not recorded.

    A hub goes by the last part of its address, `user` or `market`; its connections are numbered
    from 1, as the hub's session numbers its generations.
    """

    def __init__(self, inner: Dial, recorder: Recorder | None = None) -> None:
        self.recorder = recorder
        self._inner = inner
        self._generations: dict[str, int] = {}

    async def __call__(self, url: str) -> Carrier:
        link = await self._inner(url)
        hub = urlsplit(url).path.rpartition("/")[2]
        generation = self._generations[hub] = self._generations.get(hub, 0) + 1
        return _RecordedLink(self, link, hub, generation)


class _RecordedLink:
    def __init__(self, dial: RecordedDial, link: Carrier, hub: str, generation: int) -> None:
        self._dial = dial
        self._link = link
        self._hub = hub
        self._generation = generation

    async def send(self, text: str) -> None:
        # Before it goes: what was cut off on its way out may have arrived.
        if self._dial.recorder is not None:
            self._dial.recorder.frame(self._hub, "out", self._generation, text)
        await self._link.send(text)

    async def receive(self) -> str | bytes:
        data = await self._link.receive()
        if self._dial.recorder is not None:
            self._dial.recorder.frame(self._hub, "in", self._generation, data)
        return data

    async def close(self) -> None:
        await self._link.close()
