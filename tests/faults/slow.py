"""``ringbank`` on a disk that is slow: each commit takes longer, by what a file in its folder says.

It is made up: the wait is within the transaction, its locks held, where a slow disk would have it.
"""

import time
from pathlib import Path

from sqlalchemy import Connection, Engine, event

from cli import main

SLOW_FILE = "commit-s"


def wait(_: Connection) -> None:
    try:
        time.sleep(float(Path(SLOW_FILE).read_text() or 0))
    except FileNotFoundError:
        return


if __name__ == "__main__":
    event.listen(Engine, "commit", wait)
    main()
