"""What somebody writes in the filter language, in rules and in campaign files: read or refused in words."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from campaigns import segment
from campaigns.definition import read_definition
from campaigns.model import Campaign
from campaigns.rules.model import Jurisdiction
from campaigns.rules.reading import read_jurisdiction
from dialer.config import Config, read_config
from dialer.lab.scenario import parse_scenario
from leads.db import reading
from leads.errors import UsageError
from leads.problems import Problem
from leads.segment_tree import written
from leads.segments import parse
from leads.tables import leads
from tests.conftest import CHECKOUT
from tests.fuzz.mutations import HOSTILE, fuzzed, mutated

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SEGMENTS = [
    'city = "Oslo" and last_disposition = "refusal:price" and not in list "existing"',
    "attempts >= 2 or (created_at before 2026-01-02 and name != 'x')",
    'phone starts with "+47" and country in ("NO", "SE") and has consent "phone_marketing"',
    'last_attempt_at before 30 days ago or attribute "Antall år" is known',
    "suppressed or in campaign 'tariff'",
]
RULES = {
    file.name: file.read_text(encoding="utf-8")
    for file in sorted(files("campaigns.rules").iterdir(), key=lambda one: one.name)
    if file.name in ("no.toml", "us-fl.toml", "us.toml", "de.toml", "tw.toml", "own-hours.toml")
}
CAMPAIGNS = [
    file.read_text(encoding="utf-8")
    for file in sorted((CHECKOUT / "dialer" / "lab" / "samples").glob("*.toml"))
]
SCENARIOS = [
    file.read_text(encoding="utf-8")
    for file in sorted((CHECKOUT / "dialer" / "lab" / "scenarios").glob("*.toml"))
]
SETTINGS = [(CHECKOUT / "config.toml").read_text(encoding="utf-8")]
TOML = (*HOSTILE, "[[cap]]", "[x]", "1979-05-27T07:32:00Z", "07:32:00", "[1, [2]]", "{ a = 1 }", "-1", "0x10", "inf", '""', "false")  # fmt: skip
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def told(problems: object) -> bool:
    """Tell whether something was refused as it ought to be: by where and why, and briefly."""
    assert isinstance(problems, tuple)
    assert problems
    assert all(isinstance(one, Problem) and one.why and len(one.why) < 3000 for one in problems)
    return True


def test_what_is_changed_is_good_before() -> None:
    """Else everything would be refused for the same reason, and nothing be tried."""
    assert not any(isinstance(parse(text), Problem) for text in SEGMENTS)
    assert len(RULES) == 6
    for name, text in RULES.items():
        assert isinstance(read_jurisdiction(text, file=name, thorough=False), Jurisdiction)
    for text in CAMPAIGNS:
        assert isinstance(read_definition(text, trunks=["lab", "main"]), Campaign)
    for text in SETTINGS:
        assert isinstance(read_config(text, file=Path("config.toml"), environment={}), Config)
    assert all(parse_scenario(text)[0] is not None for text in SCENARIOS)
    assert CAMPAIGNS
    assert SCENARIOS


@fuzzed(3)
@given(st.one_of(st.text(max_size=80), mutated(SEGMENTS)))
def test_any_filter_is_read_or_refused(text: str) -> None:
    read = parse(text)
    if isinstance(read, Problem):
        assert read.why
    else:
        assert parse(written(read)) == read


@on_sqlite
@fuzzed()
@given(
    mutated(SEGMENTS),
    st.sampled_from(HOSTILE),
)
def test_no_filter_becomes_sql(base: Engine, text: str, hostile: str) -> None:
    """The base is asked by parameters alone, and is as it was."""
    safe = hostile.replace("\\", "\\\\").replace('"', '\\"')
    with reading(base) as connection:
        for asked in (text, f'city = "zq{safe}" or name = "zq{safe}" or in list "zq{safe}"'):
            try:
                wanted = segment.condition(connection, asked, now=NOW)
            except UsageError:
                continue
            for dialect in (sqlite.dialect(), postgresql.dialect()):
                compiled = str(select(leads.c.id).where(wanted).compile(dialect=dialect))
                assert "zq" not in compiled
                assert "DROP TABLE" not in compiled
            assert connection.execute(select(leads.c.id).where(wanted)).all() == []


@fuzzed(2)
@given(st.data())
def test_any_rule_file_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RULES)))
    text = data.draw(mutated([RULES[name]], hostile=TOML))
    found = read_jurisdiction(text, file=name, own=data.draw(st.booleans()), thorough=False)
    assert isinstance(found, Jurisdiction) or told(found)


@fuzzed()
@given(mutated(CAMPAIGNS, hostile=TOML))
def test_any_campaign_file_is_read_or_refused(text: str) -> None:
    found = read_definition(text, trunks=["lab", "main"])
    assert isinstance(found, Campaign) or told(found)


@fuzzed()
@given(mutated(SETTINGS, hostile=TOML))
def test_any_configuration_is_read_or_refused(text: str) -> None:
    found = read_config(text, file=Path("config.toml"), environment={})
    assert isinstance(found, Config) or told(found)


@fuzzed()
@given(mutated(SCENARIOS, hostile=TOML))
def test_any_scenario_of_the_lab_is_read_or_refused(text: str) -> None:
    scenario, problems = parse_scenario(text)
    assert scenario is not None or told(problems)
