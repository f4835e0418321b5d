"""No log and no traceback holds anybody's number or name, whatever level is asked for."""

import logging
import traceback

import pytest
from sqlalchemy import Engine, insert

from campaigns.erasure import erase
from campaigns.model import Outcome
from dialer.schema import open_base
from leads.db import writing
from leads.tables import numbers
from tests.db.people import NOON, call, import_text, lead_id_of, started

SECRETS = ("22448201", "Hemmelig", "K-4711")


def test_an_import_a_call_and_an_erasure_log_nobody(
    base_url: str, base: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The level is set before the base is opened, as by somebody who debugs their own program."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="sqlalchemy")
    logged = open_base(base_url)
    import_text(logged, "Kundenr;Navn;Telefon\nK-4711;Åse Hemmelig;22448201\n")
    call(logged, started(logged), Outcome.NO_ANSWER)
    ase = lead_id_of(logged, "Åse Hemmelig")
    with writing(logged) as connection:
        erase(connection, ase, now=NOON)
    logged.dispose()
    assert "INSERT INTO imports" in caplog.text
    assert [one for one in SECRETS if one in caplog.text] == []


def test_a_traceback_names_nobody(base: Engine) -> None:
    row = {"id": 4722448201, "kind": "Hemmelig", "zones": []}
    try:
        with writing(base) as connection:
            connection.execute(insert(numbers), [row, row])
    except Exception:  # noqa: BLE001
        told = traceback.format_exc()
    else:
        pytest.fail("the same number twice was taken")
    assert "numbers" in told
    assert [one for one in SECRETS if one in told] == []
