"""A process that records trades until it is killed: prints how many are on the disk.

Run by `test_recorder_killed`: `python recording_child.py FOLDER`. Trade n has price n; the file of
a segment holds few chunks, so that the kill may fall into the closing of one. On a slow disk it
tells no more than `AHEAD_MOST` trades that are not written: how many a kill costs is the
recorder's doing then, and not the machine's.
"""

import asyncio
import sys
import time

from dryfill.live.recording.recorder import Recorder, WriterThread
from dryfill.live.recording.recorder_files import RecorderSettings
from dryfill.trading import instruments
from dryfill.trading.events import Trade

ES = instruments.find("ESZ26")
SETTINGS = RecorderSettings(flush_s=0.02, segment_rows=300)
AHEAD_MOST = 400


async def main(folder: str) -> None:
    recorder = Recorder(
        folder, source="a child", now_ns=time.time_ns, hide=str, aside=WriterThread(),
        settings=SETTINGS,
    )  # fmt: skip
    recorder.start()
    for n in range(10**9):
        while n - recorder.recorded.written >= AHEAD_MOST:
            await asyncio.sleep(0.0005)
        recorder.market(Trade(ES, time.time_ns(), n, 1, None))
        print(recorder.recorded.written, n + 1, flush=True)
        await asyncio.sleep(0.0005)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
