"""National registers: one version in force, every number judged by it, none guessed."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, delete, select

from campaigns.editing import edit
from campaigns.enrolment import judge_slice
from campaigns.examining import examine_registries_again
from campaigns.explain import explain_number
from campaigns.model import Outcome
from dialer.registry_files import RegistryFiles
from leads import listings, registries
from leads.db import reading, writing
from leads.errors import UsageError
from leads.importing import import_leads
from leads.model import E164, Listed, NumberId, number_id
from leads.registries import Loaded
from leads.tables import registries as versions
from leads.tables import registry_verdicts
from tests.db.people import (
    LAWS,
    NOON,
    call,
    definition,
    enrolled,
    import_people,
    import_text,
    lead_id_of,
    names_of,
    phone,
    started,
    take,
)

NOVEMBER, DECEMBER = date(2026, 5, 1), date(2026, 6, 1)
ASE, PER, KARI = (number_id(phone(n)) for n in (1, 2, 3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "registries"


@pytest.fixture(autouse=True)
def _spring(base: Engine) -> None:
    """There is a campaign for somebody else."""
    import_people(base, [("Nobody", phone(999_999))], "empty")
    started(base, definition("spring", on=("empty",)))


@pytest.fixture
def people(base: Engine) -> Engine:
    """Åse, Per and Kari have the numbers 1, 2 and 3."""
    import_people(base, [("Åse", phone(1)), ("Per", phone(2)), ("Kari", phone(3))])
    return base


def load(
    base: Engine,
    folder: Path,
    *numbers: int,
    as_of: date = NOVEMBER,
    name: str = "norway",
    text: str | None = None,
    **more: Any,
) -> Loaded:
    source = folder.parent / "source.txt"
    source.write_text(text or "".join(f"{phone(number)}\n" for number in numbers))
    return registries.load(
        base,
        folder,
        source=source,
        name=name,
        as_of=as_of,
        region="NO",
        now=NOON,
        afterwards=examine_registries_again,
        **more,
    )


def verdicts(base: Engine) -> dict[int, tuple[str, Listed]]:
    with reading(base) as connection:
        found = listings.listings(connection, [ASE, PER, KARI])
    return {number: (str(one.registry), one.listed) for number, (one,) in found.items()}


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_version_judges_everybody_at_once(people: Engine, folder: Path) -> None:
    loaded = load(people, folder, 1, 999, 1)
    assert (loaded.read, loaded.listed, loaded.registry.entries) == (3, 1, 2)
    name = "norway as of 2026-05-01"
    assert verdicts(people) == {
        ASE: (name, Listed.YES),
        PER: (name, Listed.NO),
        KARI: (name, Listed.NO),
    }
    assert files(folder) == [f"norway-2026-05-01-{loaded.registry.digest[:12]}.numbers"]
    assert (folder / files(folder)[0]).stat().st_mode & 0o777 == 0o600


def test_a_new_version_takes_the_place_of_the_old_one(people: Engine, folder: Path) -> None:
    load(people, folder, 1)
    newer = load(people, folder, 2, as_of=DECEMBER).registry
    assert {number: listed for number, (_, listed) in verdicts(people).items()} == {
        ASE: Listed.NO,
        PER: Listed.YES,
        KARI: Listed.NO,
    }
    with reading(people) as connection:
        assert listings.current(connection) == (newer,)
        kept = connection.execute(select(versions).order_by(versions.c.id)).all()
        rows = connection.scalars(select(registry_verdicts.c.registry_id).distinct()).all()
    assert [row.retired_at for row in kept] == [NOON, None]
    assert rows == [newer.registry_id]
    assert len(files(folder)) == 1


def test_the_same_version_can_be_loaded_again(people: Engine, folder: Path) -> None:
    first = load(people, folder, 1).registry
    again = load(people, folder, 1).registry
    assert (again.digest, len(files(folder))) == (first.digest, 1)
    assert verdicts(people)[ASE][1] is Listed.YES


def test_registers_stand_beside_one_another(people: Engine, folder: Path) -> None:
    load(people, folder, 1)
    load(people, folder, 2, name="robinson")
    with reading(people) as connection:
        found = listings.listings(connection, [ASE])[ASE]
    assert [(one.registry.name, one.listed) for one in found] == [
        ("norway", Listed.YES),
        ("robinson", Listed.NO),
    ]


def test_many_numbers_are_scrubbed_in_several_goes(
    base: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_people(base, [(f"N{n}", phone(n)) for n in range(25)])
    monkeypatch.setattr(registries, "_SCRUB", 7)
    listed = {0, 6, 7, 24}
    assert load(base, folder, *listed, 999).listed == len(listed)
    with reading(base) as connection:
        rows = connection.execute(select(registry_verdicts)).all()
    assert {row.number_id for row in rows if row.listed} == {number_id(phone(n)) for n in listed}
    assert len(rows) == 26


class CrashError(Exception):
    """The machine stopped."""


def test_a_crash_leaves_the_version_before_in_force(people: Engine, folder: Path) -> None:
    before = load(people, folder, 1).registry
    judged = verdicts(people)

    def crash(_: Connection) -> None:
        raise CrashError

    with pytest.raises(CrashError):
        registries.load(
            people,
            folder,
            source=folder.parent / "source.txt",
            name="norway",
            as_of=DECEMBER,
            region="NO",
            now=NOON,
            afterwards=crash,
        )
    assert verdicts(people) == judged
    assert registries.path_of(before, folder).exists()


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        (NOVEMBER - timedelta(days=1), "is known as of 2026-05-01 already.*--older"),
        (NOON.date() + timedelta(days=2), "is still to come.*--older"),
    ],
)
def test_a_date_that_cannot_be_is_refused_and_can_be_insisted_on(
    people: Engine, folder: Path, as_of: date, said: str
) -> None:
    load(people, folder, 1)
    with pytest.raises(UsageError, match=said):
        load(people, folder, 2, as_of=as_of)
    assert verdicts(people)[ASE][1] is Listed.YES
    assert load(people, folder, 2, as_of=as_of, older=True).registry.as_of == as_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n", "lists no number"),
        ("number\n", "lists no number"),
        ("x1\nx2\n+4722000001\n", r"2 of 3 lines .* hold no number \(lines 1, 2\)"),
    ],
)
def test_a_file_that_says_little_is_refused(
    people: Engine, folder: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        load(people, folder, text=text)
    assert files(folder) == []
    with reading(people) as connection:
        assert listings.current(connection) == ()


def test_unreadable_lines_are_counted_and_the_first_are_named(people: Engine, folder: Path) -> None:
    text = "".join(f"{phone(n)}\nnothing 1\n" for n in range(30)) + f"{phone(99)}\n"
    loaded = load(people, folder, text=text)
    assert (loaded.read, loaded.unreadable) == (61, 30)
    assert loaded.lines == [*range(2, 42, 2)]


def test_the_name_of_a_registry_is_no_path(people: Engine, folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        load(people, folder, 1, name="../norway")


# -- numbers that come later -------------------------------------------------------------------


def import_per(base: Engine, folder: Path) -> None:
    file = folder.parent / "more.csv"
    file.write_text(f"Navn;Telefon\nPer;{phone(2)}\nKari;{phone(3)}\n", encoding="utf-8")
    import_leads(
        base, source=str(file), list_name="norway", region="NO", mapping=(), encoding=None,
        delimiter=None, rejects=None, dry_run=False, registry_folder=folder, now=NOON,
        progress=lambda _: None,
    )  # fmt: skip


def test_an_import_asks_the_file(base: Engine, folder: Path) -> None:
    import_people(base, [("Åse", phone(1))])
    load(base, folder, 1, 2)
    import_per(base, folder)
    assert [listed for _, listed in verdicts(base).values()] == [
        Listed.YES,
        Listed.YES,
        Listed.NO,
    ]


def test_without_the_right_file_nobody_guesses(base: Engine, folder: Path) -> None:
    import_people(base, [("Åse", phone(1))])
    path = registries.path_of(load(base, folder, 1, 2).registry, folder)
    np.array([ASE], dtype="<i8").tofile(path)
    os.utime(path, ns=(1, 1))
    import_per(base, folder)
    assert [listed for _, listed in verdicts(base).values()] == [
        Listed.YES,
        Listed.UNKNOWN,
        Listed.UNKNOWN,
    ]
    with reading(base) as connection:
        (problem,) = registries.file_problems(connection, folder)
        assert "is not the one that was loaded" in str(problem)
        assert explain(connection, phone(2), folder) == ["registry_unknown:norway"]
        assert explain(connection, phone(4), folder) == ["registry_file:norway"]
        path.unlink()
        (problem,) = registries.file_problems(connection, folder)
        assert "is not here" in str(problem)
        assert explain(connection, phone(4), folder) == ["registry_unknown:norway"]
    # Loaded again, it knows everybody.
    load(base, folder, 1, 2)
    assert verdicts(base)[PER][1] is Listed.YES


def explain(connection: Connection, number: str, folder: Path) -> list[str]:
    """Return the rules by which registries refuse a number in the campaign spring."""
    decision, _ = explain_number(
        connection, number, "spring", at=None, now=NOON, region="NO", registries=folder, laws=LAWS
    )
    return [one.rule for one in decision.refusals if one.gate == "registry"]


def test_a_number_that_nobody_has_is_looked_up_in_the_file(people: Engine, folder: Path) -> None:
    load(people, folder, 1, 4)
    with reading(people) as connection:
        assert explain(connection, phone(4), folder) == ["registry:norway"]
        assert explain(connection, phone(5), folder) == []
        (one,) = registries.of_number(connection, phone(4), folder)
        (entry,) = registries.entries([one], phone(4))
    assert (entry.source, entry.suppression.subject) == (
        "registry norway as of 2026-05-01",
        phone(4),
    )


def test_entries_are_of_those_that_list_it_alone(people: Engine, folder: Path) -> None:
    load(people, folder, 1)
    with reading(people) as connection:
        listing = registries.of_number(connection, E164(phone(2)), folder)
    assert registries.entries(listing, phone(2)) == ()


# -- campaigns -----------------------------------------------------------------------------------


def test_nobody_gets_a_listed_person_until_the_register_lets_go(
    people: Engine, folder: Path
) -> None:
    load(people, folder, 1)
    stored = started(people, definition("autumn"))
    assert names_of(people, take(people, stored, 3)) == ["Per", "Kari"]
    ase = enrolled(people, stored)["Åse"]
    assert (ase.state, ase.held_by) == ("suppressed", "registry")
    load(people, folder, 2, as_of=DECEMBER)
    assert names_of(people, take(people, stored, 3)) == ["Åse"]


def test_who_was_called_before_waits_again_when_the_register_lets_go(
    people: Engine, folder: Path
) -> None:
    stored = started(
        people, definition("autumn", retry='[retry]\nbusy = { after = "1m", max = 9 }')
    )
    for _ in range(3):
        call(people, stored, Outcome.BUSY)
    load(people, folder, 1, 2, 3)
    later = NOON + timedelta(hours=1)
    assert take(people, stored, 3, now=later) == ()
    assert {one.held_by for one in enrolled(people, stored).values()} == {"registry"}
    load(people, folder, 2, as_of=DECEMBER)
    assert {one.state for one in enrolled(people, stored).values()} == {"waiting"}
    assert sorted(names_of(people, take(people, stored, 3, now=later))) == ["Kari", "Åse"]


# -- the engine ----------------------------------------------------------------------------------


def test_an_engine_wants_the_file_that_the_base_means(people: Engine, folder: Path) -> None:
    engine = RegistryFiles(folder)

    def why_not() -> str:
        return engine.why_not() or ""

    with reading(people) as connection:
        assert not engine.see(connection)
    assert why_not() == ""
    path = registries.path_of(load(people, folder, 1).registry, folder)
    with reading(people) as connection:
        assert engine.see(connection)
    assert "is being checked" in why_not()
    engine.check()
    assert why_not() == ""
    path.rename(path.with_suffix(".away"))
    assert why_not().startswith("gate registry: registry norway as of 2026-05-01: its file")
    assert "is not here" in why_not()
    path.write_bytes(b"12345678")
    engine.check()
    assert "is not the one that was loaded" in why_not()
    path.with_suffix(".away").replace(path)
    engine.check()
    with reading(people) as connection:
        assert not engine.see(connection)
    assert why_not() == ""


def test_a_verdict_that_is_there_is_kept(people: Engine, folder: Path) -> None:
    load(people, folder, 1)
    with writing(people) as connection:
        ids = np.array([number_id(phone(1))], dtype=np.int64)
        assert len(registries.scrub_new(connection, folder, ids)) == 1
        assert listings.listings(connection, [NumberId(1)])[NumberId(1)][0].listed is (
            Listed.UNKNOWN
        )


def test_an_edited_number_is_looked_up_at_once(people: Engine, folder: Path) -> None:
    load(people, folder, 7)
    stored = started(people, definition("summer"))
    with writing(people) as connection:
        for lead, number in (("Åse", 7), ("Per", 8)):
            words = [f"phone={phone(number)}"]
            edit(
                connection,
                lead_id_of(people, lead),
                words,
                region=None,
                registry_folder=folder,
                who="anna",
                now=NOON,
            )
    assert sorted(names_of(people, take(people, stored, 9))) == ["Kari", "Per"]
    assert enrolled(people, stored)["Åse"].held_by == "registry"


def test_a_verdict_that_comes_late_brings_people_back(people: Engine, folder: Path) -> None:
    load(people, folder, 1)
    with writing(people) as connection:
        connection.execute(delete(registry_verdicts).where(registry_verdicts.c.number_id != ASE))
    stored = started(people, definition("summer"))
    assert take(people, stored, 9) == ()
    with writing(people) as connection:
        registries.scrub_new(connection, folder, np.array([PER], dtype=np.int64))
        assert judge_slice(connection, stored, LAWS, after_lead_id=0, now=NOON) is None
    assert names_of(people, take(people, stored, 9)) == ["Per"]
    held = {name: row.held_by for name, row in enrolled(people, stored).items()}
    assert (held["Åse"], held["Kari"]) == ("registry", "registry")


def test_whose_second_number_is_listed_is_not_brought_back_for_the_first(
    base: Engine, folder: Path
) -> None:
    import_text(base, f"Navn;Telefon;Telefon 2\nÅse;{phone(1)};{phone(2)}\n")
    load(base, folder, 2)
    other = '[retry]\nbusy = { after = "15m", max = 3, other_number = true }'
    stored = started(base, definition("summer", retry=other))
    call(base, stored, Outcome.BUSY)
    later = NOON + timedelta(hours=1)
    assert take(base, stored, now=later) == ()
    assert enrolled(base, stored)["Åse"].held_by == "registry"
    with writing(base) as connection:
        judge_slice(connection, stored, LAWS, after_lead_id=0, now=later)
    assert enrolled(base, stored)["Åse"].held_by == "registry"
