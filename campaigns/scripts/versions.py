"""The versions of scripts in the base: kept for good, because answers were given to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from campaigns.desk_tables import script_versions
from campaigns.scripts.texts import ScriptTexts
from campaigns.tables import attempts, campaigns
from leads.sql import insert_if_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a campaign's script.

    Attributes:
        kept_at: when a campaign came to it first.
        calls: attempts in which an agent of the campaign was shown it.
        current: the campaign has it now.
    """

    version: str
    kept_at: datetime
    calls: int
    current: bool
    texts: ScriptTexts


def keep(connection: Connection, script: ScriptTexts | None, *, now: datetime) -> str | None:
    """Keep a script and return its version; the same script twice is one."""
    if script is None:
        return None
    version = script.version
    connection.execute(
        insert_if_new(connection, script_versions).values(
            version=version, texts=script.document(), kept_at=now
        )
    )
    return version


def load(connection: Connection, version: str) -> ScriptTexts | None:
    """Return the script of a version, or None where it was never kept."""
    document = connection.scalar(
        select(script_versions.c.texts).where(script_versions.c.version == version)
    )
    return None if document is None else ScriptTexts.from_document(document)


def of_campaign(connection: Connection, campaign_id: int) -> Iterator[Version]:
    """Yield the versions that agents of a campaign were shown, and its own, the newest first."""
    ours = attempts.c.campaign_id == campaign_id
    shown = (
        select(attempts.c.script_version.label("version"), func.count().label("calls"))
        .where(ours, attempts.c.script_version.is_not(None))
        .group_by(attempts.c.script_version)
        .subquery()
    )
    current = connection.scalar(select(campaigns.c.script).where(campaigns.c.id == campaign_id))
    rows = connection.execute(
        select(script_versions, shown.c.calls)
        .outerjoin(shown, shown.c.version == script_versions.c.version)
        .where(shown.c.version.is_not(None) | (script_versions.c.version == current))
        .order_by(script_versions.c.kept_at.desc(), script_versions.c.version)
    )
    for row in rows:
        yield Version(
            version=row.version,
            kept_at=row.kept_at,
            calls=row.calls or 0,
            current=row.version == current,
            texts=ScriptTexts.from_document(row.texts),
        )
