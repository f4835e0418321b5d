"""Whatever file somebody sends, it is read or refused in words; nothing else comes of it."""

import gzip
import io
import itertools
import re
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from dialer.carrier_records import CarrierRecord, read_records
from leads.consent_import import import_consents
from leads.db import reading
from leads.errors import RingbankError
from leads.files import open_leads
from leads.importing import import_leads
from leads.registry_source import read_source
from leads.tables import leads, numbers
from tests.conftest import CHECKOUT
from tests.fuzz.mutations import fuzzed, mutated, mutated_bytes

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SAMPLES = [
    "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[:6])
    for file in sorted((CHECKOUT / "dialer" / "lab" / "samples").glob("*.csv"))
]
CONSENTS = [
    "phone,kind,given_at,source\n+4722448200,phone_marketing,2026-01-02,fair\n",
    "Telefon;Samtykke;Dato\n22448200;ja;02.01.2026\n",
]
CDR = [
    '"","4721000000","22448200","x","""K"" <1>","PJSIP/a-1","PJSIP/b-1","Dial","x","2026-12-01 18:30:00",'
    '"2026-12-01 18:30:02","2026-12-01 18:30:09",9,7,"ANSWERED","DOCUMENTATION","1.1",""\n'
]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
_names = itertools.count()


def _workbook() -> bytes:
    out = io.BytesIO()
    pd.DataFrame({"Navn": ["Åse", "Per"], "Telefon": [22448200, 22448201]}).to_excel(
        out, index=False
    )
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    pd.DataFrame({"Navn": ["Åse"], "Telefon": ["22448200"]}).to_parquet(out)
    return out.getvalue()


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", SAMPLES[0])
    return out.getvalue()


BINARY = [_workbook(), _parquet()]
PACKED = [_archive(), gzip.compress(SAMPLES[0].encode())]


def written(folder: Path, data: bytes) -> Path:
    file = folder / f"{next(_names)}.csv"
    file.write_bytes(data)
    return file


def read_all(file: Path) -> None:
    """Read a file to its end, or find that it is refused in one sentence."""
    with (
        suppress(RingbankError),
        open_leads(str(file), encoding=None, delimiter=None, region="NO") as opened,
    ):
        for batch in opened.batches(100):
            assert all(isinstance(cell, str) for row in batch for cell in row.cells)


def test_what_is_changed_is_good_before(tmp_path: Path) -> None:
    """Else everything would be refused for the same reason, and nothing be tried."""
    for data in (*BINARY, *PACKED, *(text.encode() for text in SAMPLES)):
        file = str(written(tmp_path, data))
        with open_leads(file, encoding=None, delimiter=None, region="NO") as opened:
            assert sum(len(batch) for batch in opened.batches(100)) > 0
    (record,) = read_records(CDR)
    assert isinstance(record, CarrierRecord)


@fuzzed()
@given(st.one_of(st.binary(max_size=400), mutated_bytes(PACKED), mutated(SAMPLES).map(lambda t: t.encode("utf-8", "surrogatepass"))))  # fmt: skip
def test_any_bytes_are_a_list_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    read_all(written(tmp_path_factory.getbasetemp(), data))


@fuzzed(0.08)  # each is read by a process of its own
@given(mutated_bytes(BINARY))
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    read_all(written(tmp_path_factory.getbasetemp(), data))


@on_sqlite
@fuzzed(0.4)
@given(mutated(SAMPLES))
def test_every_row_of_an_import_is_imported_or_rejected(
    base: Engine, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    file = written(folder, text.encode("utf-8", "surrogatepass"))
    try:
        report = import_leads(
            base, source=str(file), list_name="fuzz", region="NO", mapping=(), encoding=None, delimiter=None,
            source_name=None, rejects=folder / f"{file.name}.rejects", dry_run=False, now=NOW,
            progress=lambda _: None,
        )  # fmt: skip
    except RingbankError:
        return
    assert report.read == report.imported + report.joined + report.rejected
    with reading(base) as connection:
        assert all(
            re.fullmatch(r"\+[0-9]{7,15}", one)
            for one in connection.scalars(select(numbers.c.e164))
        )
        assert connection.scalars(select(leads.c.id)).all() or not report.imported


@on_sqlite
@fuzzed(0.4)
@given(mutated(CONSENTS))
def test_any_file_of_consents_is_read_or_refused(
    base: Engine, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = written(tmp_path_factory.getbasetemp(), text.encode("utf-8", "surrogatepass"))
    try:
        report = import_consents(
            base, file=str(file), kind="phone_marketing", source="fair", region="NO", mapping=(), rejects=None,
            dry_run=False, now=NOW, begun=lambda _: None, recorded=lambda *_: None,
        )  # fmt: skip
    except RingbankError:
        return
    assert report.read >= report.rejected


@fuzzed()
@given(mutated([*SAMPLES, "22448200\n+47 22 44 82 01\n", "number,as_of\n22448200,2026-11-01\n"]))
def test_any_register_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = written(tmp_path_factory.getbasetemp(), text.encode("utf-8", "surrogatepass"))
    with suppress(RingbankError):
        for batch in read_source(file, region="NO", mapping=()):
            assert all(0 < number < 10**15 for number in batch.numbers.tolist())


@fuzzed()
@given(mutated(CDR))
def test_any_line_of_a_carrier_is_a_record_or_a_problem(text: str) -> None:
    assert (
        len(list(read_records(io.StringIO(text, newline=""))))
        <= text.count("\n") + text.count("\r") + 1
    )
