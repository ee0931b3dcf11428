"""A wire between a client and a server on real sockets, which can be cut: both ends are reset."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class CutWire:
    """`url`: what the client is given in place of the server's. `open`: connections now."""

    def __init__(self, server):
        self._server = server
        self._ends = []
        self.url = ""
        self.cuts = 0

    async def connected(self, reader, writer):
        """Carry bytes both ways until an end is closed, or all is cut."""
        there, back = await asyncio.open_connection(*self._server)
        ends = (writer, back)
        self._ends.extend(ends)
        await asyncio.gather(_carry(reader, back), _carry(there, writer), return_exceptions=True)
        for each in ends:
            each.close()

    def cut(self):
        """Reset every connection that there is; new ones are taken."""
        for each in self._ends:
            each.transport.abort()
        self._ends.clear()
        self.cuts += 1


async def _carry(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def cut_wire(url):
    """A wire to a server that runs at `url`."""
    parts = urlsplit(url)
    wire = CutWire((parts.hostname, parts.port))
    serving = await asyncio.start_server(wire.connected, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        wire.cut()
        serving.close()
        await serving.wait_closed()
