"""Lists, people, campaigns and calls as a base holds them, for the tests of this folder."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from campaigns import agents as agent_store
from campaigns import ledger, report, store
from campaigns.claims import Claim, claim
from campaigns.definition import read_definition
from campaigns.enrolment import enrol
from campaigns.law import Laws
from campaigns.ledger import Closing, OpenAttempt
from campaigns.model import Campaign, CampaignState, DispositionKind, Outcome
from campaigns.result_words import Result
from campaigns.rules.loading import load as load_rules
from campaigns.rules.own import Own
from campaigns.scripts.texts import ScriptTexts
from campaigns.store import StoredCampaign
from campaigns.tables import attempts, campaign_leads, claims
from leads import store as lead_store
from leads import suppression
from leads.db import reading, writing
from leads.importing import ImportReport, import_leads
from leads.model import E164, Suppression, SuppressionScope
from leads.tables import leads, lists

LAWS = Laws(load_rules(None, Own(allow_without_rules=frozenset({"DK"}))))
"""The rules that ship; few of them ask anything of the calls of a service."""

NOON = datetime(2026, 6, 2, 10, tzinfo=UTC)
"""Tuesday, twelve o'clock in Oslo."""

OPEN_10_TO_20 = '[hours]\nmon_fri = [["10:00", "20:00"]]'


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


# Lists and people


def import_text(base: Engine, text: str, list_name: str = "norway") -> ImportReport:
    """Import the text of a file, header first, as `ringbank leads import` does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "leads.csv"
        file.write_bytes(text.encode())
        return import_leads(
            base,
            source=str(file),
            list_name=list_name,
            region="NO",
            mapping=(),
            encoding="utf-8",
            delimiter=";",
            rejects=None,
            dry_run=False,
            now=NOON,
            progress=lambda _: None,
        )


def import_people(
    base: Engine, people: Iterable[tuple[str, str]], list_name: str = "norway"
) -> None:
    """Import pairs of name and number."""
    rows = "".join(f"{name};{phone}\n" for name, phone in people)
    report = import_text(base, f"Navn;Telefon\n{rows}", list_name)
    assert report.rejected == 0


def phone(number: int) -> E164:
    """Return one of a million numbers in Oslo."""
    return E164(f"+4722{number:06}")


def archive(base: Engine, list_name: str) -> None:
    with writing(base) as connection:
        found = lead_store.list_named(connection, list_name)
        assert found is not None
        lead_store.archive_list(connection, found.list_id)


def lead_id_of(base: Engine, name: str) -> int:
    with reading(base) as connection:
        found = connection.execute(select(leads.c.id).where(leads.c.name == name))
        return int(found.scalar_one())


def suppress(
    base: Engine, e164: E164, scope: SuppressionScope = SuppressionScope.ALL, whose: str = ""
) -> None:
    entry = Suppression(subject=e164, scope=scope, scope_name=whose, reason="asked")
    with writing(base) as connection:
        assert suppression.add(connection, entry, source="command", now=NOON)


# Campaigns


def definition(
    name: str = "spring", *, on: Iterable[str] = ("norway",), mode: str = "progressive", **more: str
) -> str:
    """Return the text of a campaign file; `more` are tables, or `top` for further keys."""
    named = ", ".join(f'"{list_name}"' for list_name in on)
    tables = {
        "retry": '[retry]\nbusy = { after = "15m", max = 3 }\nno_answer = { after = "4h", max = 4 }'
    } | more
    return f"""name = "{name}"
lists = [{named}]
mode = "{mode}"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "service"
{tables.pop("top", "")}
{chr(10).join(tables.values())}
"""


def understood(text: str) -> Campaign:
    campaign = read_definition(text)
    assert isinstance(campaign, Campaign), campaign
    return campaign


def texts(script: str | None) -> ScriptTexts | None:
    """Return a script of one text, in no language."""
    return None if script is None else ScriptTexts(texts={"": script})


def create(base: Engine, text: str, *, script: str | None = None) -> StoredCampaign:
    campaign = understood(text)
    with writing(base) as connection:
        problems = store.create(
            connection, campaign, definition=text, script=texts(script), file=None, now=NOON
        )
        assert problems == ()
        return store.load(connection, campaign.name)


def started(base: Engine, text: str | None = None, *, script: str | None = None) -> StoredCampaign:
    """Return a new campaign that runs, with everybody of its lists enrolled."""
    stored = create(base, text or definition(), script=script)
    return put(base, stored, CampaignState.RUNNING)


def put(base: Engine, stored: StoredCampaign, state: CampaignState) -> StoredCampaign:
    """Put a campaign into a state, enrol who is on its lists, and return it."""
    with writing(base) as connection:
        store.set_state(connection, stored, state, now=NOON)
        enrol(connection, stored, LAWS, now=NOON)
        return store.load(connection, stored.campaign.name)


def enrolled(base: Engine, stored: StoredCampaign) -> dict[str, Row[Any]]:
    """Return by name where everybody stands in a campaign."""
    with reading(base) as connection:
        rows = connection.execute(
            select(campaign_leads, leads.c.name, lists.c.name.label("list"))
            .join(leads, leads.c.id == campaign_leads.c.lead_id)
            .join(lists, lists.c.id == campaign_leads.c.list_id)
            .where(campaign_leads.c.campaign_id == stored.id)
            .order_by(campaign_leads.c.id)
        ).all()
    found = {row.name: row for row in rows}
    assert len(found) == len(rows)
    return found


# Calls


def new_lease() -> str:
    return secrets.token_hex(6)


def take(
    base: Engine, stored: StoredCampaign, limit: int = 1, *, now: datetime = NOON
) -> tuple[Claim, ...]:
    """Claim people and call nobody yet."""
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=now)
        return claim(connection, stored, LAWS, limit=limit, now=now, new_lease=new_lease).taken


def names_of(base: Engine, taken: Iterable[Claim]) -> list[str]:
    with reading(base) as connection:
        return [
            connection.execute(
                select(leads.c.name).where(leads.c.id == one.person.lead_id)
            ).scalar_one()
            for one in taken
        ]


def intend(
    connection: Connection,
    stored: StoredCampaign,
    taken: Sequence[Claim],
    *,
    now: datetime = NOON,
    **more: Any,
) -> list[OpenAttempt]:
    """Write the intents to call people; `more` replaces what an engine would tell of itself."""
    told: dict[str, Any] = {
        "new_channel_id": lambda: f"call-{new_lease()}",
        "engine": "default",
        "asterisk_boot": "today",
        "clock": "real",
    }
    return ledger.write_intents(connection, stored, taken, now=now, **told | more)


def dial(
    base: Engine, stored: StoredCampaign, *taken: Claim, now: datetime = NOON
) -> list[OpenAttempt]:
    """Write the intents to call people who were claimed before."""
    with writing(base) as connection:
        return intend(connection, stored, taken, now=now)


def dial_next(base: Engine, stored: StoredCampaign, *, now: datetime = NOON) -> OpenAttempt:
    """Claim the next person and write the intent to call them, in one go as the engine does."""
    with writing(base) as connection:
        enrol(connection, stored, LAWS, now=now)
        found = claim(connection, stored, LAWS, limit=1, now=now, new_lease=new_lease, to_call=True)
        (attempt,) = intend(connection, stored, found.taken, now=now)
    return attempt


def closing(attempt: OpenAttempt, outcome: Outcome, **more: Any) -> Closing:
    """Return an end 20 s after the call began; `more` replaces what is unlike that."""
    values: dict[str, Any] = {
        "lead_id": attempt.lead_id,
        "number_id": attempt.number_id,
        "evidence": "hangup",
        "answered_at": None,
        "connected_at": None,
        "ended_at": attempt.dialed_at + timedelta(seconds=20),
        "ring_s": 20.0,
        "talk_s": None,
        "cause": 17,
        "sip_code": 486,
        "key": None,
        "agent_id": None,
    }
    return Closing(attempt_id=attempt.id, outcome=outcome, **values | more)


def close(
    base: Engine, stored: StoredCampaign, attempt: OpenAttempt, outcome: Outcome, **more: Any
) -> None:
    with writing(base) as connection:
        ledger.close(connection, stored, [closing(attempt, outcome, **more)])


def call(
    base: Engine, stored: StoredCampaign, outcome: Outcome, *, now: datetime = NOON, **more: Any
) -> OpenAttempt:
    """Claim the next person, call them, and end the call."""
    attempt = dial_next(base, stored, now=now)
    close(base, stored, attempt, outcome, **more)
    return attempt


def said(stored: StoredCampaign, kind: DispositionKind, **more: Any) -> Result:
    """Return what an agent says with the built-in word for a kind."""
    word = next(d for d in stored.campaign.dispositions if d.code == kind)
    return Result(disposition=word, **more)


def add_agent(base: Engine, name: str = "anna") -> int:
    with writing(base) as connection:
        agent_store.add_agent(connection, name, "+4721000099", now=NOON)
        return agent_store.find_agent(connection, name).id


def attempt_row(base: Engine, attempt_id: int) -> Row[Any]:
    with reading(base) as connection:
        return connection.execute(select(attempts).where(attempts.c.id == attempt_id)).one()


def claim_rows(base: Engine) -> list[Row[Any]]:
    with reading(base) as connection:
        return list(connection.execute(select(claims).order_by(claims.c.id)))


def drain(base: Engine, campaign: str, note: Callable[[str, int, float, float], None]) -> None:
    """Call everybody of a campaign, three at a time, until nobody is left to anybody.

    `note` is told number, lead, and the machine's seconds from which and to which the
    person was held for certain.
    """
    with reading(base) as connection:
        stored = store.load(connection, campaign)
    deadline = time.monotonic() + 50
    while time.monotonic() < deadline:
        taken = take(base, stored, 3)
        since = time.monotonic()
        calls = dial(base, stored, *taken)
        until = time.monotonic()
        with writing(base) as connection:
            ledger.close(connection, stored, [closing(one, Outcome.FAILED) for one in calls])
        for one in calls:
            note(one.phone, one.lead_id, since, until)
        if not taken:
            with reading(base) as connection:
                if not report.work_left(connection, stored.id):
                    return
            time.sleep(0.01)
    raise TimeoutError("somebody was never called")
