"""Log lines for programs: each is JSON, says of whom, and lets nobody read a number."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import Outcome
from dialer.live import Work
from dialer.logs import JsonLines, hidden
from dialer.onlooker import LINK_LOST, Onlooker
from tests.unit.dialer.examples import attempt
from tests.unit.dialer.test_metrics import NAME, SPRING, closing, live


class Log:
    """A logger and what it wrote."""

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(JsonLines())

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    logger = logging.getLogger("dialer.onlooker")
    found = Log(logger)
    before = logger.level, logger.propagate
    logger.addHandler(found.handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield found
    logger.removeHandler(found.handler)
    logger.level, logger.propagate = before


def test_a_call_is_told_from_its_beginning_to_its_end(log: Log) -> None:
    onlooker = Onlooker()
    onlooker.turn(Work(), [live(7)])
    end = closing(7, Outcome.CONNECTED, answered_s=5, connected_s=6.5)
    onlooker.turn(Work(closings=[(SPRING, end)]), [])
    placed, answered, ended = log.lines()
    about = {"campaign": NAME, "attempt": 7, "lead": 7, "level": "info"}
    for line in (placed, answered, ended):
        assert {key: line[key] for key in about} == about
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
        assert line["time"].endswith("Z")
        assert [*line][:3] == ["time", "level", "event"]
    assert placed["event"] == "call_placed"
    assert (placed["trunk"], placed["number"]) == ("main", "+4722****07")
    assert answered["event"] == "call_answered"
    assert ended["event"] == "call_ended"
    assert (ended["outcome"], ended["evidence"]) == ("connected", "hangup")
    assert (ended["ring_s"], ended["connect_s"]) == (5.0, 1.5)
    assert "talk_s" not in ended, "what is not known is left out"
    assert "message" not in placed
    assert attempt(7).phone not in log.text


def test_a_wish_by_a_key_is_told_for_whoever_restores_an_older_base(log: Log) -> None:
    end = closing(7, Outcome.CONNECTED, answered_s=5, connected_s=6.5)
    Onlooker().turn(Work(closings=[(SPRING, end), (SPRING, replace(end, opted_out=True))]), [])
    assert [line.get("opted_out") for line in log.lines()] == [None, True]
    assert '"opted_out": true' in log.text, "as docs/operations.md looks for it"


def test_a_sentence_stands_beside_its_event(log: Log) -> None:
    log.logger.warning("The link is down: %s", "refused", extra=LINK_LOST)
    log.logger.error("Something else")
    lost, other = log.lines()
    assert (lost["level"], lost["event"], lost["message"]) == (
        "warning",
        "link_lost",
        "The link is down: refused",
    )
    assert (other["level"], other["event"]) == ("error", "note")


def test_a_traceback_is_one_line_without_a_number(log: Log) -> None:
    try:
        raise ValueError("PJSIP/4722448201@carrier refused\nfor +4722448201")  # noqa: TRY301
    except ValueError:
        log.logger.exception("It failed")
    (line,) = log.lines()
    assert "ValueError" in line["traceback"]
    assert "22448201" not in log.text


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("+4722448201", "+4722****01"),
        ("called +4722448201.", "called +4722****01."),
        ("PJSIP/4722448201@carrier", "PJSIP/********01@carrier"),
        ("22448201 and +15551234567", "******01 and +1555*****67"),
        ("tel:+4722448201;phone-context=x", "tel:+4722****01;phone-context=x"),
        ("2244820", "2244820"),  # as short as a year and a day
        ("at 1764321234.56 s", "at 1764321234.56 s"),
        ("channel rb00112233445566", "channel rb00112233445566"),  # nobody's digits
        ("2026-11-28T09:30:00Z at 127.0.0.1:5038", "2026-11-28T09:30:00Z at 127.0.0.1:5038"),
    ],
)
def test_numbers_are_hidden_and_nothing_else(told: str, shown: str) -> None:
    assert hidden(told) == shown


def test_a_campaign_is_told_by_the_name_that_it_has(log: Log) -> None:
    about = {"campaign": "spring-20261128", "trunk": "to 22448201"}
    log.logger.error("Campaign spring-20261128 paused", extra={"facts": about})
    (line,) = log.lines()
    assert line["campaign"] == "spring-20261128"
    assert line["trunk"] == "to ******01"


@given(
    st.text(max_size=5), st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.text(max_size=5)
)
def test_no_number_survives_in_a_sentence(before: str, number: str, after: str) -> None:
    assert number[1:] not in str(hidden(f"{before}{number}{after}"))


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.none()))
def test_every_record_is_one_line_of_json(sentence: str, facts: dict[str, Any]) -> None:
    record = logging.LogRecord("dialer", logging.INFO, "", 0, "%s", (sentence,), None)
    record.facts = facts
    line = JsonLines().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert isinstance(json.loads(line), dict)
