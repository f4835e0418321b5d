"""What is done again when the connection to the base was lost, where that is safe."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from leads.errors import DatabaseError, DoubtfulError, LostError

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_AGAIN_S = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
"""The waits between the tries: a server that is started again is back in less than their sum."""


def again_if_lost(
    work: Callable[[], _Result],
    *,
    even_in_doubt: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> _Result:
    """Do some work with the base, and once more when its connection was lost.

    A base that cannot be reached in the first place is not waited for: there is somebody who
    should hear of it at once. After a loss it is, since a server takes a while to come back.

    Args:
        work: all that was done and is not kept is done anew; it reads, or writes in a single
            transaction, and leaves nothing outside of the base.
        even_in_doubt: also where the loss leaves open whether it is kept: twice is like once.
        sleep: waits between the tries.

    Raises:
        DatabaseError: the base failed otherwise, or did not come back.
        DoubtfulError: it may be kept or not.
    """
    lost = False
    for wait_s in _AGAIN_S:
        try:
            return work()
        except DoubtfulError:
            if not even_in_doubt:
                raise
            lost = True
        except DatabaseError as error:
            lost = lost or isinstance(error, LostError)
            if not lost:
                raise
        logger.info("The connection to the base was lost, trying again")
        sleep(wait_s)
    return work()
