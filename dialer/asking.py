"""What is asked of a running engine, and its answer: the two share nothing but the base."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from dialer import store
from dialer.presence import is_alive
from dialer.store import EngineRow, RequestKind
from leads.db import reading, writing
from leads.errors import NotAllowedError, RingbankError
from leads.site import Site

ANSWER_WITHIN = timedelta(seconds=5)
_LOOK_EVERY_S = 0.02


class NoEngineError(RingbankError):
    """What was asked needs a running engine, and none runs."""


class RefusedError(RingbankError):
    """The engine cannot do what was asked."""


def live_engine(site: Site) -> EngineRow | None:
    """Return this installation's engine, if one runs."""
    with reading(site.base()) as connection:
        row = store.engine_row(connection, site.settings().engine)
    return row if row is not None and is_alive(row, site.now()) else None


def engine_time(site: Site) -> datetime:
    """Return the moment on the running engine's clock, or the machine's where none runs."""
    row = live_engine(site)
    return site.now() + (row.clock_offset if row is not None else timedelta())


def ask_engine(
    site: Site,
    kind: RequestKind,
    *,
    agent_id: int | None = None,
    attempt_id: int | None = None,
    detail: Mapping[str, object] | None = None,
    within: timedelta = ANSWER_WITHIN,
) -> None:
    """Ask this installation's engine for something, and wait until it is done.

    Raises:
        NoEngineError: none runs, or it does not answer in time.
        RefusedError: it cannot be done; the message is the engine's reason.
        NotAllowedError: a rule forbids it.
    """
    engine = live_engine(site)
    if engine is None:
        raise NoEngineError("no engine runs, and this needs one; start it with: ringbank run")
    with writing(site.base()) as connection:
        request = store.ask(
            connection,
            engine.name,
            kind,
            agent_id=agent_id,
            attempt_id=attempt_id,
            detail=detail,
            now=site.now(),
        )
    wait_for_answer(site, request, within=within)


def wait_for_answer(site: Site, request: int, *, within: timedelta) -> None:
    """Wait until the engine has answered a request.

    Raises:
        RefusedError: it cannot be done; the message is the engine's reason.
        NotAllowedError: a rule forbids it.
        NoEngineError: the engine did not answer in time.
    """
    deadline = time.monotonic() + within.total_seconds()
    while time.monotonic() < deadline:
        with reading(site.base()) as connection:
            answer = store.answer_to(connection, request)
        if answer.by_rule:
            raise NotAllowedError(str(answer.why_not))
        if answer.why_not is not None:
            raise RefusedError(answer.why_not)
        if answer.done:
            return
        time.sleep(_LOOK_EVERY_S)
    raise NoEngineError("the engine did not answer in time; see: ringbank status")
