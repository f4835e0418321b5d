"""In which hours people can be called; whoever cannot at all is counted with the reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.forecast import (
    HOUR,
    LIST_ENDS,
    Forecast,
    Group,
    OpenTimes,
    Reason,
    forecast,
    open_times,
    period,
)
from campaigns.forecast_text import day_lines
from campaigns.law import Laws
from campaigns.rules.book import RuleBook
from campaigns.rules.loading import load
from campaigns.rules.model import Place, Placing
from campaigns.rules.own import Own
from tests.unit.campaigns.examples import campaign, hours, utc, windows

NOW = utc("2026-06-02T10:20")  # Tuesday, 12:20 in Oslo
SECOND = timedelta(seconds=1)
OSLO = Placing(zones=("Europe/Oslo",), places=(Place("NO"),))
CLOSED = Reason("hours", "hours", "never open")
RESTS = Reason("attempts", "outcome:no_answer", "waits")
LAWS = Laws(load(None, Own()))


def times(*pairs: str) -> OpenTimes:
    """times("10:20-12:00") on the day of NOW."""
    found = []
    for pair in pairs:
        first, last = pair.split("-")
        found.append((utc(f"2026-06-02T{first}"), utc(f"2026-06-02T{last}")))
    return OpenTimes(times=tuple(found), shut=None if found else CLOSED)


def counted(*groups: Group) -> Forecast:
    return forecast(groups, now=NOW, days=1)


def open_hours(found: Forecast) -> dict[int, int]:
    """The hours of UTC in which somebody can be called, with how many."""
    return {(found.begin + n * HOUR).hour: people for n, people in enumerate(found.hours) if people}


def test_somebody_counts_in_every_hour_in_which_they_could_be_called() -> None:
    found = counted(Group(people=3, place=times("10:20-12:00", "14:30-15:10")))
    assert open_hours(found) == {10: 3, 11: 3, 14: 3, 15: 3}
    assert (found.people, found.callable, found.never) == (3, 3, {})
    assert (found.begin, found.end) == (utc("2026-06-02T10:00"), utc("2026-06-03T10:00"))


@pytest.mark.parametrize(
    ("closes", "counts_in"),
    [("11:59:59", {11}), ("12:00", {11}), ("12:00:01", {11, 12})],
)
def test_an_hour_begins_to_count_with_the_first_time_in_it(closes: str, counts_in: set[int]):
    found = counted(Group(people=1, place=times(f"11:00-{closes}")))
    assert {*open_hours(found)} == counts_in


@pytest.mark.parametrize(
    ("due", "counts_in"),
    [
        ("10:19:59", {11, 12}),
        ("11:00", {11, 12}),
        ("12:29:59", {12}),
        ("12:30", set()),
        ("12:30:01", set()),
    ],
)
def test_who_waits_counts_from_their_moment_on(due: str, counts_in: set[int]) -> None:
    group = Group(
        people=2,
        place=times("11:00-12:30"),
        due_at=utc(f"2026-06-02T{due}"),
        waits_for=RESTS,
    )
    found = counted(group)
    assert {*open_hours(found)} == counts_in
    assert found.never == ({} if counts_in else {RESTS: 2})


def test_a_list_that_expires_ends_the_hours_of_its_people() -> None:
    place = OpenTimes(times=((utc("2026-06-02T22:00"), utc("2026-06-03T03:00")),))
    midnight = utc("2026-06-03T00:00")
    assert open_hours(counted(Group(people=1, place=place, until=midnight))) == {22: 1, 23: 1}
    late = OpenTimes(times=((midnight, midnight + HOUR),))
    assert counted(Group(people=4, place=late, until=midnight)).never == {LIST_ENDS: 4}
    assert counted(Group(people=4, place=late, until=midnight + HOUR)).callable == 4


def test_whoever_a_gate_keeps_out_counts_in_no_hour() -> None:
    listed = Reason("registry", "no.reservation", "is listed")
    found = counted(
        Group(people=5, place=times("11:00-12:00"), never=listed),
        Group(people=2, place=times("11:00-12:00")),
        Group(people=7, place=times()),
    )
    assert found.never == {listed: 5, CLOSED: 7}
    assert (open_hours(found), found.callable, found.people) == ({11: 2}, 2, 14)


moments = st.integers(-7200, 30 * 3600).map(lambda s: NOW + timedelta(seconds=s))
places = st.lists(st.integers(0, 24 * 3600), max_size=8, unique=True).map(
    lambda edges: OpenTimes(
        times=tuple(
            (NOW + timedelta(seconds=a), NOW + timedelta(seconds=b))
            for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
        ),
        shut=CLOSED,
    )
)
midnights = st.sampled_from([None, utc("2026-06-03T00:00"), utc("2026-06-04T00:00")])


@st.composite
def some_people(draw: st.DrawFn) -> list[Group]:
    here = draw(st.lists(places, min_size=1, max_size=3))
    return draw(
        st.lists(
            st.builds(
                Group,
                people=st.integers(1, 9),
                place=st.sampled_from(here),
                due_at=st.none() | moments,
                until=midnights,
                waits_for=st.just(RESTS),
                never=st.sampled_from([None, None, LIST_ENDS]),
            ),
            max_size=6,
        )
    )


@given(some_people())
def test_every_hour_holds_whoever_has_time_in_it_and_all_people_are_somewhere(
    groups: list[Group],
) -> None:
    found = counted(*groups)

    def has_time(group: Group, hour: int) -> bool:
        begin = found.begin + hour * HOUR
        first = max(begin, NOW, group.due_at or NOW)
        last = min(begin + HOUR, group.until or found.end)
        some = (min(last, b) - max(first, a) for a, b in group.place.times)
        return group.never is None and any(time > timedelta(0) for time in some)

    assert list(found.hours) == [
        sum(group.people for group in groups if has_time(group, hour)) for hour in range(24)
    ]
    assert found.callable == sum(
        group.people for group in groups if any(has_time(group, hour) for hour in range(24))
    )
    assert found.people == sum(group.people for group in groups)


# When a place is open.


def test_a_call_that_could_ring_past_the_end_does_not_begin() -> None:
    mine = campaign(hours=hours(windows("09:00-12:30")), purpose="service", ring_s=25)
    here = open_times(LAWS, mine, OSLO, now=NOW, end=period(NOW, 1)[1])
    assert here.times == (
        (NOW, utc("2026-06-02T10:29:35")),
        (utc("2026-06-03T07:00"), utc("2026-06-03T10:00")),
    )


def test_a_place_without_a_zone_or_a_country_is_never_open() -> None:
    end = period(NOW, 1)[1]
    nowhere = open_times(LAWS, campaign(), Placing(places=(Place("US"),)), now=NOW, end=end)
    assert (nowhere.times, nowhere.shut) == ((), Reason("place", "zone_unknown"))
    lawless = open_times(LAWS, campaign(), Placing(zones=("Europe/Oslo",)), now=NOW, end=end)
    assert lawless.shut == Reason("place", "country_unknown")
    iceland = Placing(zones=("Atlantic/Reykjavik",), places=(Place("IS"),))
    assert open_times(LAWS, campaign(), iceland, now=NOW, end=end).shut == Reason(
        "place", "no_rules:IS"
    )


@pytest.mark.parametrize(
    ("changes", "rule", "why"),
    [
        ({"starts": date(2026, 6, 30)}, "starts", "the campaign starts on 2026-06-30"),
        ({"ends": date(2026, 5, 1)}, "ends", "the campaign ends on 2026-05-01"),
        ({"hours": hours({5: windows("10:00-12:00")})}, "hours", "campaign file: [hours]"),
    ],
)
def test_the_rule_that_keeps_a_place_shut_is_named(
    changes: dict[str, object], rule: str, why: str
) -> None:
    mine = campaign(purpose="service", **changes)
    here = open_times(LAWS, mine, OSLO, now=NOW, end=period(NOW, 2)[1])
    assert here.shut is not None
    assert (here.times, here.shut.gate, here.shut.rule) == ((), "hours", rule)
    assert why in here.shut.why


def test_windows_that_have_nothing_in_common_are_named_together() -> None:
    late = campaign(purpose="sales", hours=hours(dict.fromkeys(range(7), windows("21:00-23:00"))))
    here = open_times(LAWS, late, OSLO, now=NOW, end=period(NOW, 7)[1])
    assert here.shut == Reason(
        "hours",
        "together",
        "no hour of these days is open by all of these at once: no.hours, hours",
    )


NEW_HOURS = """
schema = 1
id = "no-new"
name = "New hours"
match = {{ countries = ["NO"] }}

[[hours]]
id = "no-new.hours"
force = "law"
confidence = "high"
source = ["the new act"]
valid_from = 2026-06-05
windows = {{ all = [["09:00", "{}"]], holiday = "as_weekday" }}
"""


def test_each_day_has_the_rules_that_hold_on_it() -> None:
    book = RuleBook.build({}, {"no-new.toml": NEW_HOURS.format("10:00")}, Own())
    assert isinstance(book, RuleBook), book
    now = utc("2026-06-02T22:00")  # the 3rd in Oslo
    here = open_times(Laws(book), campaign(), OSLO, now=now, end=now + timedelta(days=3))
    assert here.times[0][0] == now
    before = [b for a, b in here.times if a < utc("2026-06-04T22:00")]
    assert before[-1] <= utc("2026-06-04T22:00")
    assert here.times[-1] == (utc("2026-06-05T07:00"), utc("2026-06-05T07:59:35"))


# As lines.


def test_a_day_is_a_line_with_a_column_for_each_hour() -> None:
    many = Group(people=1_000_000, place=times("12:00-13:00"))
    few = Group(people=1, place=times("12:00-14:30"))
    head, today, tomorrow = day_lines(counted(many, few), UTC)
    assert head.split() == ["0", "6", "12", "18", "most", "at", "once"]
    assert today == "Tue 02 Jun            ··█▁▁·········    1,000,001 at 12, from 12 to 15"
    assert tomorrow == "Wed 03 Jun  ··········                nobody"
    assert max(map(len, (head, today, tomorrow))) <= 80


def test_an_hour_that_clocks_show_twice_is_the_fuller_of_both() -> None:
    from zoneinfo import ZoneInfo

    now = datetime(2026, 10, 24, 22, tzinfo=UTC)  # 00:00 in Oslo, 25 hours before midnight
    twice = OpenTimes(times=((datetime(2026, 10, 25, 1, tzinfo=UTC), now + timedelta(hours=4)),))
    found = forecast([Group(people=2, place=twice)], now=now, days=1)
    _, today = day_lines(found, ZoneInfo("Europe/Oslo"))
    assert today.startswith("Sun 25 Oct  ··█····················")
