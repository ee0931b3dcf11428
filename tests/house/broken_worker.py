"""A worker of a search that dies of one seed and hangs at another; else it answers at once.

`python -m broken_worker`, as `dryfill.app.search.worker` is started.
"""

import os
import signal
import sys
import time

from dryfill.app.search.seed_end import SeedEnd

DIES, EXITS, HANGS = 3, 5, 7


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.readline()
    for line in sys.stdin:
        seed = int(line)
        if seed == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        elif seed == EXITS:
            print("there is no more memory", file=sys.stderr)
            sys.exit(9)
        elif seed == HANGS:
            time.sleep(1000)
        end = SeedEnd(seed, "clean", digest=f"of {seed}", schedule="fifo", virtual_s=60.0)
        sys.stdout.buffer.write(end.line())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
