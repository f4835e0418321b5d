"""A file of numbers and moments, answered row by row."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, update

from campaigns.decision import Decision
from campaigns.explain import Explainer, explain_number
from campaigns.explain_batch import Unread, answers, read_columns
from campaigns.model import Outcome
from leads.db import reading, writing
from leads.errors import UsageError
from leads.files import open_leads
from leads.tables import leads
from tests.db.people import (
    LAWS,
    NOON,
    OPEN_10_TO_20,
    archive,
    call,
    definition,
    import_people,
    import_text,
    phone,
    started,
    suppress,
)

HEADER = "number,at,address_zone,country,subdivision"
MIAMI = "+13055550123"
NO_REGISTRIES = Path("no registries")


@pytest.fixture
def people(base: Engine) -> Engine:
    """Åse and Per have the numbers 1 and 2; the campaign may call from ten to eight."""
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    started(base, definition(hours=OPEN_10_TO_20))
    return base


def told(
    base: Engine, folder: Path, *rows: str, header: str = HEADER
) -> list[tuple[Decision, tuple[str, ...]] | Unread]:
    """Return the answers to the rows of a file: the decision and the zones of the person."""
    file = folder / "asked.csv"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    with (
        open_leads(str(file), encoding=None, delimiter=None, region=None) as opened,
        reading(base) as connection,
    ):
        columns, _ = read_columns(opened)
        explainer = Explainer(connection, "spring", LAWS, registries=NO_REGISTRIES)
        return [
            one if isinstance(one, Unread) else (one[0], one[1].zones)
            for one in answers(explainer, opened, columns, region="NO")
        ]


def gates(answer: tuple[Decision, tuple[str, ...]] | Unread) -> list[str]:
    assert not isinstance(answer, Unread), answer
    return [refusal.gate for refusal in answer[0].refusals]


def error(answer: object) -> str:
    assert isinstance(answer, Unread), answer
    return answer.error


def test_each_row_is_answered_at_its_own_moment(people: Engine, tmp_path: Path) -> None:
    found = told(
        people,
        tmp_path,
        f"{phone(1)},2026-06-02T10:00,,,",
        f"{phone(1)},2026-06-02T09:59:59,,,",
        "22 00 00 02,2026-06-02T17:59:35Z,,,",
        f"{phone(2)},2026-06-02T17:59:36Z,,,",
        f"{phone(9)},2026-06-02T12:00,,,",
    )
    assert [gates(one) for one in found] == [[], ["hours"], [], ["hours"], ["list"]]


def test_a_row_that_cannot_be_read_is_told_and_the_rest_goes_on(
    people: Engine, tmp_path: Path
) -> None:
    found = told(
        people,
        tmp_path,
        "22,2026-06-02T10:00,,,",
        f"{phone(1)},noon,,,",
        f"{phone(1)},,,,",
        f"{phone(1)},2026-06-02T10:00,Europe/Olso,,",
        f"{phone(1)},2026-06-02T10:00,,Norway,",
        f"{phone(1)},2026-06-02T10:00",
        "+61412345678,2026-06-02T12:00,,,",
        f"{phone(1)},2026-06-02T12:00,,,",
    )
    *faults, last = found
    for fault, words in zip(
        faults,
        (
            "'22' cannot be called",
            "at 'noon' is no moment",
            "at '' is no moment",
            "address_zone 'Europe/Olso' is no time zone",
            "country 'NORWAY' is no country",
            "has 2 cells where the header has 5",
            "at '2026-06-02T12:00' has no offset and +61412345678 may be in ",
        ),
        strict=True,
    ):
        assert error(fault).startswith(words)
    assert [fault.line for fault in faults if isinstance(fault, Unread)] == [*range(2, 9)]
    assert gates(last) == []


def test_the_address_of_a_row_stands_in_for_the_leads(people: Engine, tmp_path: Path) -> None:
    at_ten = "2026-06-02T10:00"
    found = told(
        people,
        tmp_path,
        f"{MIAMI},{at_ten}Z,,,",
        f"{MIAMI},{at_ten}Z,America/Los_Angeles,us,California",
        f"{MIAMI},{at_ten},America/Los_Angeles,,",
        f"{phone(1)},{at_ten}Z,Europe/Stockholm,SE,",
    )
    plain, moved, vague, abroad = found
    assert not isinstance(plain, Unread)
    assert plain[1] == ("America/New_York",)
    assert not isinstance(moved, Unread)
    assert moved[1] == ("America/Los_Angeles", "America/New_York")
    assert "may be in America/Los_Angeles, America/New_York; add one" in error(vague)
    assert not isinstance(abroad, Unread)
    assert abroad[1] == ("Europe/Oslo", "Europe/Stockholm")


def test_the_address_of_the_lead_counts_where_a_row_gives_none(
    base: Engine, tmp_path: Path
) -> None:
    import_text(base, f"Navn;Telefon;Tidssone\nÅse;{phone(1)};America/New_York\n")
    started(base, definition(hours=OPEN_10_TO_20))
    (without,) = told(base, tmp_path, f"{phone(1)},2026-06-02T12:00,,,")
    assert "may be in America/New_York, Europe/Oslo" in error(without)
    (given,) = told(base, tmp_path, f"{phone(1)},2026-06-02T12:00,Europe/Oslo,NO,")
    assert gates(given) == []


def test_what_a_person_told_goes_before_any_address(people: Engine, tmp_path: Path) -> None:
    with writing(people) as connection:
        told_place = {"told_zone": "America/New_York", "told_country": "US"}
        connection.execute(update(leads).where(leads.c.name == "Åse").values(**told_place))
    (own, given) = told(
        people,
        tmp_path,
        f"{phone(1)},2026-06-02T10:00,,,",
        f"{phone(1)},2026-06-02T10:00,Europe/Oslo,NO,",
    )
    for one in (own, given):
        assert not isinstance(one, Unread)
        assert one[1] == ("America/New_York",)
        assert "hours" not in gates(one)


def test_the_optional_columns_may_be_missing_in_any_order(people: Engine, tmp_path: Path) -> None:
    (one,) = told(people, tmp_path, f"2026-06-02T12:00;{phone(1)}", header="At;Number")
    assert gates(one) == []
    for header, words in (
        ("nummer,at", "has no column number; the nearest is 'nummer'"),
        ("number", "has no column at"),
        ("number,at,number", "has the column number twice"),
    ):
        with pytest.raises(UsageError, match=words):
            told(people, tmp_path, "x,y,z", header=header)


def test_columns_that_mean_nothing_are_named(tmp_path: Path) -> None:
    file = tmp_path / "asked.csv"
    file.write_text("number,note,at,adress_zone\n", encoding="utf-8")
    with open_leads(str(file), encoding=None, delimiter=None, region=None) as opened:
        columns, others = read_columns(opened)
    assert (columns, others) == ({"number": 0, "at": 2}, ("note", "adress_zone"))


@pytest.mark.parametrize("where", ["", "where = 'name != \"Per\"'"])
def test_a_batch_answers_as_explain_does_for_each_alone(
    base: Engine, tmp_path: Path, where: str
) -> None:
    import_people(base, [(f"Person {n}", phone(n)) for n in range(8)])
    import_people(base, [("Per", phone(3)), ("Kari", phone(5))])
    import_people(base, [("Ola", phone(20))], "archived")
    stored = started(base, definition(on=["norway", "archived"], top=where, hours=OPEN_10_TO_20))
    archive(base, "archived")
    call(base, stored, Outcome.BUSY)
    call(base, stored, Outcome.CONNECTED)
    suppress(base, phone(4))
    numbers = [*map(phone, range(10)), phone(20), MIAMI]
    moments = ["2026-06-02T10:05:00Z", "2026-06-02T18:00:00Z", "2026-06-06T10:00:00Z"]
    rows = [(number, moment) for moment in moments for number in numbers]
    found = told(base, tmp_path, *(f"{number},{moment},,," for number, moment in rows))
    seen = set()
    with reading(base) as connection:
        for (number, moment), answer in zip(rows, found, strict=True):
            assert not isinstance(answer, Unread)
            alone, _ = explain_number(
                connection,
                number,
                "spring",
                at=moment,
                now=NOON,
                region=None,
                registries=NO_REGISTRIES,
                laws=LAWS,
            )
            assert answer[0] == alone
            seen |= {(refusal.gate) for refusal in alone.refusals} or {"callable"}
    assert seen >= {"callable", "list", "suppression", "attempts", "hours"}


def test_the_queries_do_not_grow_with_the_rows(people: Engine, tmp_path: Path) -> None:
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    def count(rows: Sequence[str]) -> int:
        statements.clear()
        assert len(told(people, tmp_path, *rows)) == len(rows)
        return len(statements)

    event.listen(people, "before_cursor_execute", note)
    few = count([f"{phone(n)},2026-06-02T12:00,,," for n in range(2)])
    many = count([f"{phone(n)},2026-06-02T12:{n % 60:02},,," for n in range(400)])
    event.remove(people, "before_cursor_execute", note)
    assert many == few > 0


def test_a_file_is_answered_while_it_is_read(people: Engine, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(
        "number,at\n" + "".join(f"{phone(n)},2026-06-02T12:00\n" for n in range(50_000)),
        encoding="utf-8",
    )
    with (
        open_leads(str(file), encoding=None, delimiter=None, region=None) as opened,
        reading(people) as connection,
    ):
        columns, _ = read_columns(opened)
        explainer = Explainer(connection, "spring", LAWS, registries=NO_REGISTRIES)
        next(answers(explainer, opened, columns, region=None))
        assert 0 < opened.bytes_read < file.stat().st_size
