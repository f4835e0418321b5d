"""An import brings in every row of a file or tells why not, and all of it or nothing."""

import csv
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, select

from campaigns.undo import undo
from leads import importing, store, suppression
from leads.db import reading, writing
from leads.errors import UsageError
from leads.importing import ImportReport, import_leads
from leads.model import E164, Suppression, SuppressionScope
from leads.tables import imports, leads, list_members

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADER = "Kundenr;Navn;Telefon;By\n"

Import = Callable[..., ImportReport]


@pytest.fixture
def import_text(base: Engine, tmp_path: Path) -> Import:
    """Give a function that imports the text of a file."""

    def run(
        text: str,
        *,
        list_name: str = "norway",
        region: str | None = "NO",
        mapping: tuple[tuple[str, str], ...] = (),
        encoding: str | None = None,
        delimiter: str | None = None,
        source: str | None = None,
        rejects: Path | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ImportReport:
        file = tmp_path / "leads.csv"
        file.write_bytes(text.encode(encoding or "utf-8", "surrogateescape"))
        return import_leads(
            base,
            source=str(file),
            list_name=list_name,
            region=region,
            mapping=mapping,
            encoding=encoding,
            delimiter=delimiter,
            source_name=source,
            rejects=rejects,
            dry_run=dry_run,
            now=NOW,
            progress=progress,
        )

    return run


def sums(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.read == report.imported + report.joined + report.rejected
    return report.read, report.imported, report.joined, report.rejected


def everybody(base: Engine) -> list[store.Lead]:
    with reading(base) as connection:
        ids = connection.scalars(select(leads.c.id).order_by(leads.c.id)).all()
        return [lead for lead_id in ids if (lead := store.lead(connection, lead_id))]


def members(base: Engine, list_name: str) -> int:
    with reading(base) as connection:
        found = store.list_named(connection, list_name)
        return found.leads if found else 0


def test_a_row_is_stored_with_every_fact(base: Engine, import_text: Import) -> None:
    import_text(HEADER + "17;Åse Lunde;22 44 82 00;Oslo\n")
    (lead,) = everybody(base)
    assert (lead.external_id, lead.name, lead.attributes) == ("17", "Åse Lunde", {"By": "Oslo"})
    (phone,) = lead.phones
    assert (phone.e164, phone.kind, phone.region) == ("+4722448200", "fixed", "NO")
    assert phone.zones == ("Europe/Oslo",)
    assert (lead.lists, lead.household, lead.created_at) == (("norway",), (), NOW)


def test_every_row_is_accounted_for(base: Engine, import_text: Import) -> None:
    report = import_text(
        HEADER
        + "17;Åse Lunde;22448200;Oslo\n"
        + "17;Aase Lunde;+47 22 44 82 00;Bergen\n"
        + "18;Per Lunde;22448200;Oslo\n"
        + "\n"
        + "19;Kari Moe;ukjent;Oslo\n"
        + "20;Ola Moe;22448201\n"
        + ";;;\n"
    )
    assert sums(report) == (6, 2, 1, 3)
    assert report.reasons == {
        "not a number": 1,
        "too few cells (3 where the header has 4)": 1,
        "empty": 1,
    }
    with reading(base) as connection:
        norway = store.list_named(connection, "norway")
        assert norway is not None
        (past,) = store.imports_of(connection, norway.list_id)
        assert store.count(connection) == store.Counts(leads=2, numbers=1, lists=1)
    assert past.import_id == report.import_id
    assert (past.read, past.imported, past.joined, past.rejected) == (6, 2, 1, 3)


def test_a_household_shares_its_number(base: Engine, import_text: Import) -> None:
    import_text(HEADER + "17;Åse Lunde;22448200;Oslo\n18;Per Lunde;22448200;Oslo\n")
    ase, per = everybody(base)
    assert ase.phones == per.phones
    assert (ase.household, per.household) == ((per.lead_id,), (ase.lead_id,))


def test_the_same_file_again_joins_everybody(base: Engine, import_text: Import) -> None:
    text = HEADER + "17;Åse Lunde;22448200;Oslo\n18;Per Lunde;22448200;Oslo\n"
    before = import_text(text)
    again = import_text(text)
    assert (sums(before), sums(again)) == ((2, 2, 0, 0), (2, 0, 2, 0))
    assert members(base, "norway") == 2


def test_who_joins_becomes_a_member_of_the_new_list_too(base: Engine, import_text: Import) -> None:
    import_text(HEADER + "17;Åse Lunde;22448200;Oslo\n")
    import_text(HEADER + "17;Åse Lunde;22448200;Oslo\n", list_name="spring")
    (lead,) = everybody(base)
    assert lead.lists == ("norway", "spring")


def test_joining_fills_in_what_is_missing(base: Engine, import_text: Import) -> None:
    import_text("Telefon;By\n22448200;Oslo\n")
    import_text("Telefon;Navn;By;Språk;Yrke\n22448200;Åse;Bergen;nb;lege\n")
    (lead,) = everybody(base)
    assert (lead.name, lead.language) == ("Åse", "nb")
    assert lead.attributes == {"By": "Oslo", "Yrke": "lege"}
    again = import_text("Telefon;Navn\n22448200;ÅSE\n22448200;Per\n")
    assert sums(again) == (2, 1, 1, 0)


def test_a_dry_run_counts_everything_and_keeps_nothing(
    base: Engine, import_text: Import, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    text = HEADER + "17;Åse;22448200;Oslo\n17;Åse;22448200;Oslo\n18;Per;x;Oslo\n"
    report = import_text(text, dry_run=True, rejects=rejects)
    assert sums(report) == (3, 1, 1, 1)
    assert report.import_id is None
    with reading(base) as connection:
        assert store.count(connection) == store.Counts(leads=0, numbers=0, lists=0)
    assert sorted(file.name for file in tmp_path.glob("*.csv")) == ["leads.csv"]
    assert sums(import_text(text)) == sums(report)


def test_suppressed_numbers_and_unknown_zones_are_counted(
    base: Engine, import_text: Import
) -> None:
    def suppress(number: str, scope: SuppressionScope, name: str = "") -> None:
        entry = Suppression(subject=E164(number), scope=scope, scope_name=name)
        with writing(base) as connection:
            suppression.add(connection, entry, source="command", now=NOW)

    suppress("+4722448200", SuppressionScope.ALL)
    suppress("+4722448201", SuppressionScope.SELLER, "Example Telecom AS")
    report = import_text(
        "Navn;Telefon\nÅse;22448200\nPer;22448200\nKari;22448201\nOla;+18002345678\n"
    )
    assert (report.imported, report.suppressed, report.zone_unknown) == (4, 1, 1)


def test_many_batches_are_one_import(
    base: Engine, import_text: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH_ROWS", 5000)
    rows = [f"{n};Person {n};+46701740{n % 95 + 605};x\n" for n in range(12_000)]
    seen: list[int] = []
    report = import_text(HEADER + "".join(rows), progress=seen.append)
    assert sums(report) == (12_000, 12_000, 0, 0)
    assert members(base, "norway") == 12_000
    assert seen == sorted(seen)
    assert len(seen) > 1
    again = import_text(HEADER + "".join(rows[::-1]))
    assert sums(again) == (12_000, 0, 12_000, 0)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_rejects_are_kept_as_they_were_with_the_reason(import_text: Import, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    import_text(
        'Navn;Merknad;Telefon\nÅse;x;22448200\nPer;"a, ""b""\nc";ukjent\nKari;y\nOla;z;1;2\n',
        rejects=rejects,
    )
    assert read_csv(rejects) == [
        ["Navn", "Merknad", "Telefon", "reject_line", "reject_column", "reject_reason"],
        ["Per", 'a, "b"\nc', "ukjent", "3", "Telefon", "not a number"],
        ["Kari", "y", "", "5", "", "too few cells (2 where the header has 3)"],
        ["Ola", "z", "1;2", "6", "", "too many cells (4 where the header has 3)"],
    ]


def test_a_rejects_file_can_be_mended_and_imported(
    base: Engine, import_text: Import, tmp_path: Path
) -> None:
    rejects, more = tmp_path / "rejects.csv", tmp_path / "more.csv"
    import_text(HEADER + "17;Åse;ukjent;Oslo\n18;Per;feil;Bergen\n", rejects=rejects)
    mended = rejects.read_text(encoding="utf-8").replace("ukjent", "22448200")
    assert sums(import_text(mended, rejects=more)) == (2, 1, 0, 1)
    (lead,) = everybody(base)
    assert (lead.external_id, lead.attributes) == ("17", {"By": "Oslo"})
    header, row = read_csv(more)
    assert header == read_csv(rejects)[0]
    assert row == ["18", "Per", "feil", "Bergen", "3", "Telefon", "not a number"]


def test_a_file_without_rejects_replaces_the_rejects_of_the_last_one(
    import_text: Import, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    import_text(HEADER + "17;Åse;x;Oslo\n", rejects=rejects)
    import_text(HEADER + "17;Åse;22448200;Oslo\n", rejects=rejects)
    assert len(read_csv(rejects)) == 1


def test_a_byte_that_is_no_text_costs_its_row_only(import_text: Import, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    good = "".join(f"{n};Bjørn {n};224482{n:02};Tromsø\n" for n in range(50))
    report = import_text(
        HEADER + good + "60;\udcff;22448260;x\n61;a\0b;22448261;x\n", rejects=rejects
    )
    assert sums(report) == (52, 50, 0, 2)
    assert report.reasons == {"holds bytes that are no text": 1, "holds a NUL byte": 1}
    assert [row[4:6] for row in read_csv(rejects)[1:]] == [["52", "Navn"], ["53", "Navn"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (HEADER, "has a header and nothing else"),
        ("Navn;By\nÅse;Oslo\n", "--map phone="),
        (HEADER + '17;Åse;22448200;Oslo\n18;"Per;22448201;Oslo\n', "line 3"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_nothing_behind(
    base: Engine, import_text: Import, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        import_text(text, rejects=tmp_path / "rejects.csv")
    with reading(base) as connection:
        assert store.count(connection) == store.Counts(leads=0, numbers=0, lists=0)
        assert connection.execute(select(imports)).all() == []
    assert sorted(file.name for file in tmp_path.glob("*.csv")) == ["leads.csv"]
    assert not list(tmp_path.glob(".rejects*"))


@pytest.mark.parametrize("rejects", ["no/such/folder/rejects.csv", ".", "leads.csv"])
def test_rejects_that_cannot_be_written_are_told_first(
    base: Engine, import_text: Import, tmp_path: Path, rejects: str
) -> None:
    with pytest.raises(UsageError, match="rejects"):
        import_text(HEADER + "17;Åse;22448200;Oslo\n", rejects=tmp_path / rejects)
    assert everybody(base) == []


def test_an_archived_list_takes_no_more(base: Engine, import_text: Import) -> None:
    import_text(HEADER + "17;Åse;22448200;Oslo\n")
    with writing(base) as connection:
        norway = store.list_named(connection, "norway")
        assert norway is not None
        store.archive_list(connection, norway.list_id)
    with pytest.raises(UsageError, match="'norway' is archived"):
        import_text(HEADER + "18;Per;22448201;Oslo\n")
    assert len(everybody(base)) == 1


@pytest.mark.parametrize("name", ["", " ", " norway", "nor\nway", "\udcff"])
def test_a_list_needs_a_name_that_can_be_typed(import_text: Import, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a list"):
        import_text(HEADER + "17;Åse;22448200;Oslo\n", list_name=name)


def test_an_import_that_is_interrupted_leaves_nothing_behind(
    base: Engine, import_text: Import, tmp_path: Path
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_text(
            HEADER + "17;Åse;22448200;Oslo\n",
            rejects=tmp_path / "rejects.csv",
            progress=interrupt,
        )
    assert everybody(base) == []
    assert sorted(file.name for file in tmp_path.iterdir() if "rejects" in file.name) == []


def test_two_imports_at_once_know_each_other(base: Engine, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    rows = "".join(f"{n};P {n};+46701740{n % 95 + 605};x\n" for n in range(1500))
    file.write_text(HEADER + rows, encoding="utf-8")
    reports: dict[str, ImportReport] = {}

    def run(list_name: str) -> None:
        reports[list_name] = import_leads(
            base,
            source=str(file),
            list_name=list_name,
            region=None,
            mapping=(),
            encoding=None,
            delimiter=None,
            rejects=None,
            dry_run=False,
            now=NOW,
            progress=lambda _: None,
        )

    threads = [Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=50)
    assert sorted(sums(report) for report in reports.values()) == [
        (1500, 0, 1500, 0),
        (1500, 1500, 0, 0),
    ]
    with reading(base) as connection:
        by_id = connection.scalars(select(list_members.c.import_id))
        assert sorted(by_id.all()) == sorted([1] * 1500 + [2] * 1500)


def test_the_memory_of_an_import_is_given_back(base: Engine, import_text: Import) -> None:
    if base.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's server has the memory")

    def cache_of_all() -> set[int]:
        """Return the cache's bounds of all connections that are kept, and of a new one."""
        with ExitStack() as stack:
            opened = [stack.enter_context(reading(base)) for _ in range(base.pool.checkedin() + 1)]
            return {one.exec_driver_sql("PRAGMA cache_size").scalar_one() for one in opened}

    usual = cache_of_all()
    assert len(usual) == 1
    import_text(HEADER + "17;Åse Lunde;22 44 82 00;Oslo\n")
    assert cache_of_all() == usual


def test_rows_may_be_added_without_an_import_afterwards(base: Engine, import_text: Import) -> None:
    import_text(HEADER + "17;Åse;22448200;Oslo\n")
    with writing(base) as connection:
        row = {"attributes": {}, "import_id": 1}
        added = connection.execute(leads.insert().values(**row).returning(leads.c.id)).scalar_one()
        connection.rollback()
    assert added > everybody(base)[0].lead_id


def test_duplicates_are_told_apart(base: Engine, import_text: Import) -> None:
    rows = "1;Ola;22448200;x\n2;Kari;22448201;x\n3;Per;22448202;x\n"
    import_text(HEADER + rows, list_name="first")
    import_text(HEADER + "2;Kari;22448201;x\n", list_name="second")
    again = rows + "1;Ola;22448200;y\n4;Liv;22448203;x\n4;Liv;22448203;x\n"
    report = import_text(HEADER + again, list_name="third")
    assert sums(report) == (6, 1, 5, 0)
    assert (report.joined_in_base, report.joined_in_file) == (4, 1)
    assert report.also_on == {"first": 3, "second": 1}


def test_a_lead_met_in_two_batches_is_counted_once_on_its_other_list(
    base: Engine, import_text: Import
) -> None:
    import_text(HEADER + "1;Ola;22448200;x\n", list_name="first")
    many = "".join(f"{n};Person {n};{40000000 + n};x\n" for n in range(6000))
    report = import_text(f"{HEADER}1;Ola;22448200;x\n{many}1;Ola;22448200;x\n", list_name="next")
    assert (report.joined_in_base, report.joined_in_file) == (2, 0)
    assert report.also_on == {"first": 1}


def test_a_source_is_read_like_its_last_file(base: Engine, import_text: Import) -> None:
    first = import_text(
        "Ref|Ring|Privat\n1|40312345|22448200\n",
        source="acme",
        region="DK",
        delimiter="|",
        mapping=(("phone", "Ring"),),
    )
    assert first.imported == 1
    second = import_text("Ref|Ring|Privat\n2|40312346|\n", source="acme", region=None)
    assert second.columns["phone"] == "Ring"
    assert [lead.phones[0].e164 for lead in everybody(base)] == ["+4540312345", "+4540312346"]


def test_what_is_given_goes_before_what_a_source_is_known_for(import_text: Import) -> None:
    import_text("Ref;Ring;Privat\n1;40312345;\n", source="acme", mapping=(("phone", "Ring"),))
    report = import_text(
        "Ref;Ring;Privat\n1;;22448200\n", source="acme", mapping=(("phone", "Privat"),)
    )
    assert report.columns["phone"] == "Privat"


def test_a_dry_run_teaches_nothing_of_a_source(import_text: Import) -> None:
    text = "Ring;Annet\n40312345;40312346\n"
    import_text(text, source="acme", mapping=(("phone", "Ring"),), dry_run=True)
    with pytest.raises(UsageError, match="several columns look like the telephone number"):
        import_text(text, source="acme")


def test_a_second_number_goes_to_the_person_who_is_joined_and_undo_takes_it_back(
    base: Engine, import_text: Import
) -> None:
    two = "Navn;Mobil;Telefon\n"
    import_text(HEADER + "17;Åse;22448200;Oslo\n")
    report = import_text(f"{two}ÅSE;40312345;22448200\nLiv;40312345;22448201\n")
    assert sums(report) == (2, 1, 1, 0)
    ase, liv = everybody(base)
    assert [phone.e164 for phone in ase.phones] == ["+4722448200", "+4740312345"]
    assert liv.household == (ase.lead_id,)
    with writing(base) as connection:
        undo(connection, 2, now=NOW)
    (ase,) = everybody(base)
    assert [phone.e164 for phone in ase.phones] == ["+4722448200"]


def test_a_cell_that_is_not_what_its_column_says_is_an_attribute_with_a_name(
    base: Engine, import_text: Import
) -> None:
    import_text("Navn;Mobil;Telefon;Språk;By\nÅse;ukjent;22448200;Bokmål;Oslo\n")
    with reading(base) as connection:
        assert connection.scalar(select(imports.c.attributes)) == ["By", "Mobil", "Språk"]
    assert everybody(base)[0].attributes == {"Mobil": "ukjent", "Språk": "Bokmål", "By": "Oslo"}
