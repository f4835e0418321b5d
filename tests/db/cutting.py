"""Connections to PostgreSQL that somebody ends from the server's side, at a chosen moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy import Connection, Engine, text

from tests.waiting import until

_OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def administering(base: Engine) -> Iterator[Connection]:
    """Give a connection beside the pool's, each statement for itself."""
    connection = base.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    try:
        yield connection
    finally:
        connection.close()


def cut(base: Engine) -> None:
    """End the server's side of every other connection to the base, and wait until it is gone."""
    ending = text(f"SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OTHERS}")
    left = text("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(:pids)")
    with administering(base) as admin:
        pids = [row.pid for row in admin.execute(ending)]
        until(lambda: not admin.scalar(left, {"pids": pids}))


@contextmanager
def cut_once(base: Engine, waiting_for: str, then: Callable[[Connection], None]) -> Iterator[Event]:
    """End the first connection that waits for something in the server; tell whether one did."""
    done, over = Event(), Event()
    found = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE {_OTHERS} AND wait_event = :event"
    )

    def watch() -> None:
        with administering(base) as admin:
            while not over.wait(0.02):
                if not done.is_set() and admin.execute(found, {"event": waiting_for}).all():
                    then(admin)
                    done.set()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join(timeout=10)


@contextmanager
def cut_before_it_is_kept(base: Engine) -> Iterator[Event]:
    """Cut the connection of the next commit that has an access in it, while it still checks."""
    with administering(base) as admin:
        admin.execute(
            text(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$"
            )
        )
        admin.execute(
            text(
                "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON accesses "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
            )
        )
    with cut_once(base, "PgSleep", _without_trigger) as done:
        yield done


def _without_trigger(admin: Connection) -> None:
    admin.execute(text("DROP TRIGGER slow ON accesses"))


@contextmanager
def cut_after_it_is_kept(base: Engine) -> Iterator[Event]:
    """Cut the connection of the next commit once it is on disk, and before it is answered.

    A standby that is not there is waited for, and the wait ends with the connection.
    """
    with administering(base) as admin:
        admin.execute(text("ALTER SYSTEM SET synchronous_standby_names = 'nobody'"))
        admin.execute(text("SELECT pg_reload_conf()"))
        until(lambda: admin.scalar(text("SHOW synchronous_standby_names")) == "nobody")
    try:
        with cut_once(base, "SyncRep", _without_standby) as done:
            yield done
    finally:
        with administering(base) as admin:
            _without_standby(admin)


def _without_standby(admin: Connection) -> None:
    admin.execute(text("ALTER SYSTEM RESET synchronous_standby_names"))
    admin.execute(text("SELECT pg_reload_conf()"))
