"""The sample lists of the lab come in exactly as their README says."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dialer import lab
from leads.db import reading
from leads.importing import ImportReport, import_leads
from leads.tables import leads, numbers

SAMPLES = Path(*lab.__path__) / "samples"
ROWS = re.findall(
    r"`(\w+)\.csv` \| (\w\w) \| (.+?) \| `(.)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|",
    (SAMPLES / "README.md").read_text(encoding="utf-8"),
)
CODECS = {"UTF-8": "utf-8", "Windows-1250": "cp1250", "Windows-1254": "cp1254", "Big5": "cp950"}


def import_sample(base: Engine, name: str, region: str) -> ImportReport:
    return import_leads(
        base,
        source=str(SAMPLES / f"{name}.csv"),
        list_name=name,
        region=region,
        mapping=(),
        encoding=None,
        delimiter=None,
        rejects=None,
        dry_run=False,
        now=datetime(2026, 3, 2, tzinfo=UTC),
        progress=lambda _: None,
    )


def test_the_readme_names_every_sample() -> None:
    assert [f"{row[0]}.csv" for row in ROWS] == [
        "norway.csv",
        "sweden.csv",
        "poland.csv",
        "turkey.csv",
        "taiwan.csv",
    ]
    assert {f"{row[0]}.csv" for row in ROWS} == {file.name for file in SAMPLES.glob("*.csv")}


@pytest.mark.parametrize("database", ["sqlite"])
def test_all_samples_come_in_as_the_readme_says(base: Engine) -> None:
    for name, region, encoding, delimiter, *counts in ROWS:
        report = import_sample(base, name, region)
        assert report.encoding == CODECS[re.split("[ ,]", encoding)[0]], name
        assert report.delimiter == delimiter, name
        assert [report.read, report.imported, report.joined, report.rejected] == [
            int(count) for count in counts
        ], name
        assert set(report.columns) >= {"phone", "external_id"}, name
        assert report.zone_unknown == 0, name
    with reading(base) as connection:
        e164s = connection.scalars(select(numbers.c.e164)).all()
        people = connection.execute(select(leads)).all()
    assert (len(people), len(e164s)) == (115, 110)
    endings = Counter(e164[-2:] for e164 in e164s)
    assert len(endings) == 100
    assert max(endings.values()) == 2
    assert all(person.name and person.external_id for person in people)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("name", "person", "fact", "value"),
    [
        ("norway", "Øystein Sætre", "By", "Stavanger"),
        ("norway", "Ingrid Nygård", "Samtykke", "ja 2025-11-03, nettskjema"),
        ("sweden", "Göran Åkesson", "Samtycke", "ja 2026-02-20, butik"),
        ("poland", "Michał Jabłoński", "Uwagi", "prosi o kontakt\nw sprawie umowy"),
        ("turkey", "Işıl Doğan", "Şehir", "İstanbul"),
        ("taiwan", "陳怡君", "城市", "台北"),
    ],
)
def test_letters_survive(base: Engine, name: str, person: str, fact: str, value: str) -> None:
    import_sample(base, name, {row[0]: row[1] for row in ROWS}[name])
    with reading(base) as connection:
        row = connection.execute(select(leads).where(leads.c.name == person)).one()
    assert row.attributes[fact] == value
