"""What passes on the hubs' connections is in the recording, frame by frame."""

import asyncio

from live_hub import Hub

from dryfill.live.recording.recorded_carrier import RecordedDial
from dryfill.live.recording.recorder import AtOnce, Recorder
from dryfill.sim.loop.run import run_virtual
from dryfill.trading.recording_file import read_part

GREETING = '{"protocol":"json","version":1}\x1e'


def test_every_frame_of_the_hubs_is_recorded_by_hub_way_and_connection(tmp_path):
    hub = Hub()

    async def main():
        recorder = Recorder(
            tmp_path, source="played", now_ns=lambda: 10**18, hide=str, aside=AtOnce()
        )
        dial = RecordedDial(hub.dial)
        before = await dial("ws://gateway/hubs/user?access_token=t1")
        await before.send(GREETING)  # of which nobody has to hear
        dial.recorder = recorder
        await before.receive()
        for address in ("hubs/market?access_token=t1", "hubs/user?access_token=t2"):
            link = await dial(f"ws://gateway/{address}")
            await link.send(GREETING)
            hub.link.deliver(b"\x82\xff")
            await link.receive()
            await link.receive()
            await link.close()
        assert hub.link.closed
        await recorder.close()

    run_virtual(main(), origin_ns=0)
    (path,) = tmp_path.glob("frames.*")
    assert read_part(path)[1].select("hub", "direction", "generation", "text").rows() == [
        ("user", "in", 1, "{}\x1e"),
        ("market", "out", 1, GREETING),
        ("market", "in", 1, "{}\x1e"),
        ("market", "in", 1, "\\x82\\xff"),
        ("user", "out", 2, GREETING),
        ("user", "in", 2, "{}\x1e"),
        ("user", "in", 2, "\\x82\\xff"),
    ]


def test_what_did_not_get_out_is_recorded_as_sent(tmp_path):
    """It may have arrived: it was cut off on its way."""

    class Cut:
        async def send(self, text):
            raise ConnectionResetError

    async def dials(url):
        return Cut()

    async def main():
        recorder = Recorder(
            tmp_path, source="played", now_ns=lambda: 10**18, hide=str, aside=AtOnce()
        )
        link = await RecordedDial(dials, recorder)("ws://gateway/hubs/user")
        await asyncio.gather(link.send("an order"), return_exceptions=True)
        assert (await recorder.close()).heard["frames"] == 1

    run_virtual(main(), origin_ns=0)
