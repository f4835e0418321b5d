"""The bulk file for VAN: the last attempt of everybody whom VAN knows."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from campaigns.exports.export import Exported, export_van
from campaigns.exports.van import LeftOut
from campaigns.model import DispositionKind, Outcome
from campaigns.result_words import Result
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from leads.db import writing
from leads.errors import UsageError
from leads.tables import leads
from tests.db.people import (
    NOON,
    call,
    definition,
    dial_next,
    import_text,
    lead_id_of,
    minutes,
    phone,
    said,
    started,
)

QUESTIONS = """
[[questions]]
key = "provider"
text = "Who is your provider?"
type = "multi"
choices = ["Telia", "Telenor", "other"]
[[questions]]
key = "age"
text = "How old are you?"
type = "number"
[[dispositions]]
code = "promised"
kind = "success"
"""


def van(
    base: Engine, folder: Path, *mapped: str, campaign: str = "spring"
) -> tuple[list[dict[str, str]], LeftOut]:
    file = folder / "van.csv"
    exported, left_out = export_van(base, output=str(file), campaign=campaign, mapped=mapped)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert exported.rows == len(rows)
    return rows, left_out


def voters(base: Engine, ids: Sequence[str]) -> None:
    rows = "".join(f"{one};P{n};{phone(n)}\n" for n, one in enumerate(ids))
    import_text(base, f"Id;Navn;Telefon\n{rows}")


def talk(
    base: Engine,
    stored: StoredCampaign,
    kind: DispositionKind | None = None,
    outcome: Outcome = Outcome.CONNECTED,
    now: datetime = NOON,
    **more: Any,
) -> None:
    """Call the next person, and write what the agent says of it."""
    attempt = call(base, stored, outcome, now=now)
    if kind is not None:
        with writing(base) as connection:
            result = said(stored, kind, **more)
            record_result(connection, stored, attempt.id, result, now=now + minutes(1))


def asking(base: Engine, **more: str) -> StoredCampaign:
    return started(base, definition(questions=QUESTIONS, **more))


def test_a_row_says_who_when_where_and_what_or_what_was_answered(base: Engine, tmp_path: Path):
    voters(base, ["101", "102", "103", "104"])
    stored = asking(base)
    heard = {"provider": ["Telia", "other"], "age": ["40"]}
    talk(base, stored, DispositionKind.COMPLETED, answers=heard)
    talk(base, stored, DispositionKind.REFUSAL, reason="price")
    talk(base, stored, outcome=Outcome.NO_ANSWER)
    talk(base, stored, DispositionKind.DECEASED)
    rows, left_out = van(base, tmp_path)
    common = {"DateCanvassed": "2026-06-02", "ContactType": "Phone", "provider": "", "age": ""}
    assert list(rows[0].items()) == [
        ("VANID", "101"),
        ("DateCanvassed", "2026-06-02"),
        ("Phone", phone(0)),
        ("ContactType", "Phone"),
        ("Result", ""),
        ("provider", "Telia;other"),
        ("age", "40"),
    ]
    assert rows[1:] == [
        common | {"VANID": "102", "Phone": phone(1), "Result": "Refused"},
        common | {"VANID": "103", "Phone": phone(2), "Result": "Not Home"},
        common | {"VANID": "104", "Phone": phone(3), "Result": "Deceased"},
    ]
    assert left_out == LeftOut(without_vanid=0, hidden=0)


def test_only_the_last_attempt_counts_and_only_once_it_has_ended(base: Engine, tmp_path: Path):
    voters(base, ["101", "102"])
    stored = asking(base)
    talk(base, stored, outcome=Outcome.NO_ANSWER)
    talk(base, stored, outcome=Outcome.BUSY)
    later = NOON + timedelta(days=1)
    talk(base, stored, DispositionKind.LEFT_MESSAGE, now=later)
    assert dial_next(base, stored, now=later).lead_id == lead_id_of(base, "P0")
    rows, _ = van(base, tmp_path)
    assert [(row["VANID"], row["DateCanvassed"], row["Result"]) for row in rows] == [
        ("101", "2026-06-02", "Not Home"),
        ("102", "2026-06-03", "Left Message"),
    ]


def test_who_is_not_known_to_van_is_left_out_and_counted(base: Engine, tmp_path: Path):
    voters(base, ["", "102", ""])
    stored = asking(base)
    for _ in range(2):
        talk(base, stored, outcome=Outcome.BUSY)
    talk(base, stored, DispositionKind.SUCCESS)  # has no word, and needs none
    rows, left_out = van(base, tmp_path)
    assert [row["VANID"] for row in rows] == ["102"]
    assert left_out == LeftOut(without_vanid=2, hidden=0)


def test_what_only_says_something_of_the_network_is_left_out_and_counted(
    base: Engine, tmp_path: Path
):
    voters(base, ["101", "102", "103", "104"])
    stored = asking(base)
    for outcome in (Outcome.CONGESTION, Outcome.FAILED, Outcome.UNKNOWN):
        talk(base, stored, outcome=outcome)
    talk(base, stored, DispositionKind.REFUSAL, outcome=Outcome.UNKNOWN)
    rows, left_out = van(base, tmp_path)
    assert [(row["VANID"], row["Result"]) for row in rows] == [("104", "Refused")]
    assert left_out == LeftOut(without_vanid=0, hidden=3)


def test_what_has_no_word_is_refused_all_of_it_and_can_be_given_one(base: Engine, tmp_path: Path):
    voters(base, ["101", "102", "103", "104", "105"])
    stored = asking(base)
    promised = next(d for d in stored.campaign.dispositions if d.code == "promised")
    attempt = call(base, stored, Outcome.CONNECTED)
    with writing(base) as connection:
        record_result(connection, stored, attempt.id, Result(disposition=promised), now=NOON)
    talk(base, stored)
    talk(base, stored, DispositionKind.NOT_ELIGIBLE)
    talk(base, stored, DispositionKind.SUCCESS, answers={"age": ["40"]})
    talk(base, stored, outcome=Outcome.BUSY)
    with pytest.raises(
        UsageError, match=r"for: connected, not_eligible, promised; say .*--map con"
    ):
        van(base, tmp_path)
    assert not (tmp_path / "van.csv").exists()
    given = ("connected=Canvassed", "not_eligible=Moved", "promised=Strong", "busy=Not Home")
    rows, _ = van(base, tmp_path, *given)
    words = ["Strong", "Canvassed", "Moved", "", "Not Home"]
    assert [row["Result"] for row in rows] == words
    with pytest.raises(UsageError, match="no code 'promise'; did you mean 'promised'"):
        van(base, tmp_path, "promise=x")
    with pytest.raises(UsageError, match="VAN is not told of it"):
        van(base, tmp_path, "failed=Busy")


def test_the_day_is_the_persons_own(base: Engine, tmp_path: Path):
    import_text(
        base,
        "Id;Navn;Telefon\n1;Kim;+61412345678\n2;Åse;+4722000001\n3;Lee;+18002345678\n"
        "4;Bo;+4722000002\n",
    )
    late = NOON.replace(hour=22, minute=30)
    stored = started(base, definition(mode="manual", questions=QUESTIONS))
    with writing(base) as connection:
        bo = leads.c.id == lead_id_of(base, "Bo")
        connection.execute(update(leads).where(bo).values(zone="America/New_York"))
    for _ in range(4):
        talk(base, stored, outcome=Outcome.BUSY, now=late)
    rows, _ = van(base, tmp_path)
    assert {row["VANID"]: row["DateCanvassed"] for row in rows} == {
        "1": "2026-06-03",
        "2": "2026-06-03",
        "3": "2026-06-02",
        "4": "2026-06-02",
    }


def test_a_key_pressed_is_no_survey_answer_unless_it_answers_a_question(
    base: Engine, tmp_path: Path
):
    voters(base, ["101", "102"])
    stored = started(
        base,
        definition(
            mode="broadcast",
            questions=QUESTIONS,
            message='[message]\nsound = "hello"\n[message.keys]\n'
            '1 = "answer:provider=Telia"\n9 = "do_not_call"',
        ),
    )
    for key in ("1", "9"):
        call(base, stored, Outcome.CONNECTED, key=key)
    rows, _ = van(base, tmp_path)
    assert [(row["Result"], row["provider"]) for row in rows] == [
        ("", "Telia"),
        ("Do Not Call", ""),
    ]


def test_whoever_was_written_into_the_file_is_recorded(base: Engine, tmp_path: Path):
    voters(base, ["101", "", "103"])
    stored = asking(base)
    for outcome in (Outcome.BUSY, Outcome.BUSY, Outcome.FAILED):
        talk(base, stored, outcome=outcome)
    told: list[Any] = []
    exported, _ = export_van(
        base,
        output=str(tmp_path / "van.csv"),
        campaign="spring",
        recorded=lambda _, lead_ids, detail: told.append((list(lead_ids), detail)),
    )
    assert isinstance(exported, Exported)
    ((lead_ids, detail),) = told
    assert lead_ids == [lead_id_of(base, "P0")]
    assert detail["what"] == "van"
    assert detail["sha256"] == exported.sha256
