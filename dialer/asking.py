"""What is asked of a running engine, and its answer: the two share nothing but the base."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from dialer import store
from dialer.presence import is_alive
from dialer.store import EngineRow, RequestKind
from leads.again import again_if_lost
from leads.db import reading, writing
from leads.errors import DatabaseError, NotAllowedError, RingbankError
from leads.notices import LOOK_ANYWAY_S, Listener, Subject
from leads.site import Site

ANSWER_WITHIN = timedelta(seconds=5)
_LOOK_EVERY_S = 0.02


class NoEngineError(RingbankError):
    """What was asked needs a running engine, and none runs."""


class RefusedError(RingbankError):
    """The engine cannot do what was asked."""


def live_engine(site: Site, name: str | None = None) -> EngineRow | None:
    """Return the engine of a name, or else this installation's, if it runs."""
    row = again_if_lost(lambda: _engine_row(site, name or site.settings().engine))
    return row if row is not None and is_alive(row, site.now()) else None


def _engine_row(site: Site, name: str) -> EngineRow | None:
    with reading(site.base()) as connection:
        return store.engine_row(connection, name)


def any_engine_lives(site: Site) -> bool:
    """Tell whether an engine runs on the base, of whatever name."""
    with reading(site.base()) as connection:
        rows = store.engine_rows(connection)
    return any(is_alive(row, site.now()) for row in rows)


def _engine_concerned(site: Site, agent_id: int | None, attempt_id: int | None) -> EngineRow | None:
    """Return the living engine that has a call or keeps an agent's line, or else our own."""
    with reading(site.base()) as connection:
        name = store.engine_of(connection, agent_id=agent_id, attempt_id=attempt_id)
        rows = store.engine_rows(connection)
    living = {row.name: row for row in rows if is_alive(row, site.now())}
    return living.get(name or "") or living.get(site.settings().engine)


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
    """Ask the engine that a call or an agent is at for something, and wait until it is done.

    Where they are at none, or it is gone, this installation's own is asked.

    Raises:
        NoEngineError: none runs, or it does not answer in time.
        DoubtfulError: the base was lost, and it may have been asked.
        RefusedError: it cannot be done; the message is the engine's reason.
        NotAllowedError: a rule forbids it.
    """
    engine = again_if_lost(lambda: _engine_concerned(site, agent_id, attempt_id))
    if engine is None:
        raise NoEngineError("no engine runs, and this needs one; start it with: ringbank run")

    def write() -> int:
        with writing(site.base()) as connection:
            return store.ask(
                connection,
                engine.name,
                kind,
                agent_id=agent_id,
                attempt_id=attempt_id,
                detail=detail,
                now=site.now(),
            )

    wait_for_answer(site, again_if_lost(write), within=within)


def wait_for_answer(site: Site, request: int, *, within: timedelta) -> None:
    """Wait until the engine has answered a request.

    Raises:
        RefusedError: it cannot be done; the message is the engine's reason.
        NotAllowedError: a rule forbids it.
        NoEngineError: the engine did not answer in time, or its answer cannot be read.
    """
    try:
        _wait_for_answer(site, request, within=within)
    except DatabaseError as error:
        raise NoEngineError(
            f"the engine was asked, and its answer cannot be read: {error}"
        ) from error


def _wait_for_answer(site: Site, request: int, *, within: timedelta) -> None:
    deadline = time.monotonic() + within.total_seconds()
    with Listener(site.base(), Subject.ANSWERS, lambda says: says == str(request)) as listener:
        while (left_s := deadline - time.monotonic()) > 0:
            answer = again_if_lost(lambda: _answer_to(site, request))
            if answer.by_rule:
                raise NotAllowedError(str(answer.why_not))
            if answer.why_not is not None:
                raise RefusedError(answer.why_not)
            if answer.done:
                return
            listener.wait(min(left_s, LOOK_ANYWAY_S), else_every_s=_LOOK_EVERY_S)
    raise NoEngineError("the engine did not answer in time; see: ringbank status")


def _answer_to(site: Site, request: int) -> store.Answer:
    with reading(site.base()) as connection:
        return store.answer_to(connection, request)
