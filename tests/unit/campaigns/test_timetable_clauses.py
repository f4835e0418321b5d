"""A call begins only where every rule of hours lets it, in every zone at once."""

from datetime import date, datetime, timedelta

import phonenumbers
import phonenumbers.timezone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.model import Window
from campaigns.rules.model import Calendar
from campaigns.timetable import Clause, Closed, Span, Timetable, own_clauses
from tests.unit.campaigns.examples import campaign, hours, utc, windows

OSLO, NEW_YORK, TAIPEI, LORD_HOWE, KATHMANDU = (
    "Europe/Oslo",
    "America/New_York",
    "Asia/Taipei",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)
RING_S = 25
NO_HOLIDAYS = Calendar()
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)


def clause(
    *texts: str,
    rule: str = "us.hours",
    days: str = "0123456",
    holiday: tuple[Window, ...] | None = None,
    calendar: Calendar = NO_HOLIDAYS,
    subdivision: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> Clause:
    """A rule that gives the same windows to some weekdays (Monday is 0) and none to others."""
    open_on = {int(day): windows(*texts) for day in days}
    return Clause(
        rule=rule,
        source=f"text of {rule}",
        days=tuple(open_on.get(day, ()) for day in range(7)),
        holiday=holiday,
        calendar=calendar,
        subdivision=subdivision,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def timetable(
    *clauses: Clause, zones: tuple[str, ...] = (OSLO,), ring_s: int = RING_S
) -> Timetable:
    return Timetable(clauses, zones, ring_s=ring_s)


def whys(table: Timetable, now: str) -> list[str]:
    return [closed.why for closed in table.at(utc(now)).closed]


def assert_open_exactly(table: Timetable, begins: str, ends: str) -> None:
    """From the first second on, and to the last in which the ringing has room."""
    first, last = utc(begins), utc(ends) - timedelta(seconds=RING_S)
    assert not table.at(first - SECOND).open
    assert table.at(first - SECOND).until == first
    assert table.at(first).open
    assert table.at(last).open
    assert not table.at(last + SECOND).open
    assert table.span(first) == Span(opens_at=first, closes_at=last)


# Several clauses.


def test_the_law_and_the_managers_hours_hold_together() -> None:
    law = clause("08:00-21:00", rule="us.hours")
    state = clause("08:00-20:00", rule="us-fl.hours")
    (mine,) = own_clauses(campaign(hours=hours(windows("09:00-23:00"))))
    table = timetable(law, state, mine, zones=(NEW_YORK,))
    assert_open_exactly(table, "2026-12-01T14:00", "2026-12-02T01:00")  # 09:00 to 20:00


def test_every_clause_that_is_shut_is_told_with_its_own_end() -> None:
    law = clause("08:00-21:00", rule="us.hours")
    state = clause("08:00-20:00", rule="us-fl.hours")
    (mine,) = own_clauses(campaign(hours=hours(windows("09:00-23:00"))))
    table = timetable(law, state, mine, zones=(NEW_YORK,))
    early = table.at(utc("2026-12-01T12:59"))  # Tuesday, 07:59
    assert early.until == utc("2026-12-01T14:00")
    words = "no call may begin at Tuesday 07:59 in America/New_York"
    assert early.closed == (
        Closed(
            rule="us.hours",
            source="text of us.hours",
            why=words,
            until=utc("2026-12-01T13:00"),
        ),
        Closed(
            rule="us-fl.hours",
            source="text of us-fl.hours",
            why=words,
            until=utc("2026-12-01T13:00"),
        ),
        Closed(
            rule="hours",
            source="campaign file: [hours]",
            why=words,
            until=utc("2026-12-01T14:00"),
        ),
    )
    evening = table.at(utc("2026-12-02T01:00"))  # 20:00
    assert [closed.rule for closed in evening.closed] == ["us-fl.hours"]
    assert (evening.until, evening.closed[0].until) == (
        utc("2026-12-02T14:00"),
        utc("2026-12-02T13:00"),
    )


def test_clauses_that_never_open_at_once_open_never_though_each_does() -> None:
    table = timetable(clause("08:00-12:00", rule="a"), clause("12:00-20:00", rule="b"))
    opening = table.at(utc("2026-12-01T08:00"))
    assert (opening.open, opening.until) == (False, None)
    assert opening.never == "none of the next 16 days opens in Europe/Oslo"
    (shut,) = opening.closed
    assert (shut.rule, shut.until) == ("b", utc("2026-12-01T11:00"))
    assert table.span(utc("2026-12-01T08:00")) is None


def test_a_common_window_must_have_room_for_the_ringing() -> None:
    both = (clause("08:00-12:01", rule="a"), clause("12:00-20:00", rule="b"))
    at_noon = utc("2026-12-01T11:00")
    assert timetable(*both, ring_s=60).at(at_noon).open
    assert timetable(*both, ring_s=60).span(at_noon) == Span(opens_at=at_noon, closes_at=at_noon)
    late = timetable(*both, ring_s=61).at(at_noon)
    assert (late.open, late.until) == (False, None)
    assert [closed.why for closed in late.closed] == [
        "no call may begin at Tuesday 12:00 in Europe/Oslo (it could ring past 12:01)"
    ]


def test_a_window_whose_end_is_too_near_is_told_with_that_end() -> None:
    table = timetable(clause("10:00-20:00"), zones=(OSLO, NEW_YORK))
    assert whys(table, "2026-12-01T18:59:50") == [
        "no call may begin at Tuesday 19:59 in Europe/Oslo (it could ring past 20:00)"
    ]
    assert whys(table, "2026-12-01T19:00") == ["no call may begin at Tuesday 20:00 in Europe/Oslo"]
    # A window that opens while it rings is none whose end is near.
    assert whys(table, "2026-12-01T14:59:50") == [
        "no call may begin at Tuesday 09:59 in America/New_York"
    ]
    night = timetable(clause("20:00-24:00"))
    assert whys(night, "2026-12-01T22:59:50") == [
        "no call may begin at Tuesday 23:59 in Europe/Oslo (it could ring past 24:00)"
    ]


def test_every_zone_that_is_shut_is_named() -> None:
    table = timetable(clause("10:00-20:00"), zones=(OSLO, NEW_YORK, TAIPEI, OSLO))
    opening = table.at(utc("2026-12-01T19:00"))
    assert [closed.why for closed in opening.closed] == [
        "no call may begin at Tuesday 20:00 in Europe/Oslo, Wednesday 03:00 in Asia/Taipei"
    ]
    assert opening.never == "none of the next 16 days opens in all 3 zones at once"


def test_a_rule_holds_from_its_first_day_to_its_last() -> None:
    table = timetable(
        clause("10:00-12:00", valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 2))
    )
    assert table.at(utc("2026-11-30T02:00")).open
    assert table.at(utc("2026-11-30T22:59:35")).open
    first = table.at(utc("2026-11-30T22:59:36"))  # 23:59:36 of the day before
    assert (first.open, first.until) == (False, utc("2026-12-01T09:00"))
    assert first.closed[0].why.endswith("(it could ring past 24:00)")
    assert_open_exactly(table, "2026-12-01T09:00", "2026-12-01T11:00")
    last = table.at(utc("2026-12-02T11:00"))
    assert (last.open, last.until) == (False, utc("2026-12-02T23:00"))
    assert table.span(utc("2026-12-02T11:00")) == Span(
        opens_at=utc("2026-12-02T23:00"), closes_at=None
    )


def test_nothing_is_open_nowhere_but_where_nothing_is_asked() -> None:
    with pytest.raises(AssertionError):
        timetable(clause("00:00-24:00"), zones=())
    with pytest.raises(AssertionError):
        timetable(ring_s=0)
    now, later = utc("2026-12-01T03:00"), utc("2026-12-05T03:00")
    free = timetable(zones=())
    assert free.at(now).until == now
    assert free.span(now) == Span(opens_at=now, closes_at=None)
    assert free.open_hours(now, later) == [(now, later)]
    assert free.open_hours(now, now) == []


# Holidays.

GERMAN = Calendar(country="DE", from_address=True, union=True)
NATIONAL = Calendar(country="DE", from_address=True)


@pytest.mark.parametrize(
    ("calendar", "subdivision", "shut"),
    [
        (GERMAN, "DE-BW", True),
        (GERMAN, "", True),
        (NATIONAL, "", False),
        (GERMAN, "DE-NW", False),
    ],
)
def test_epiphany_shuts_where_it_is_a_holiday(
    calendar: Calendar, subdivision: str, *, shut: bool
) -> None:
    rule = clause("09:00-20:00", holiday=(), calendar=calendar, subdivision=subdivision)
    table = timetable(rule, zones=("Europe/Berlin",))
    opening = table.at(utc("2026-01-06T11:00"))
    assert opening.open is not shut
    if shut:
        assert opening.until == utc("2026-01-07T08:00")
        assert opening.closed[0].why == (
            "no call may begin at Tuesday 12:00 in Europe/Berlin (Epiphany)"
        )


def test_a_holiday_is_named_only_where_it_is_what_shuts() -> None:
    norway = Calendar(country="NO")
    rule = clause("09:00-21:00", days="01234", holiday=windows("12:00-14:00"), calendar=norway)
    table = timetable(rule)
    place = "in Europe/Oslo"
    christmas = [  # a Friday
        ("07:30", [f"no call may begin at Friday 08:30 {place}"]),
        ("08:30", [f"no call may begin at Friday 09:30 {place} (Christmas Day)"]),
        ("11:00", []),
        ("12:59:50", [f"no call may begin at Friday 13:59 {place} (it could ring past 14:00)"]),
        ("13:00", [f"no call may begin at Friday 14:00 {place} (Christmas Day)"]),
        ("20:00", [f"no call may begin at Friday 21:00 {place}"]),
    ]
    for clock, expected in christmas:
        assert whys(table, f"2026-12-25T{clock}") == expected
    assert_open_exactly(table, "2026-12-25T11:00", "2026-12-25T13:00")
    # The 26th is a Saturday: what opens on holidays opens on it too.
    assert table.at(utc("2026-12-26T11:00")).open
    assert not table.at(utc("2026-12-27T11:00")).open


def test_a_holiday_may_be_as_the_weekday_it_falls_on() -> None:
    norway = Calendar(country="NO")
    assert timetable(clause("09:00-21:00", calendar=norway)).at(utc("2026-12-25T11:00")).open
    closed = clause("09:00-21:00", calendar=norway, holiday=())
    assert not timetable(closed).at(utc("2026-12-25T11:00")).open


def test_a_holiday_shuts_only_while_its_rule_holds() -> None:
    norway = Calendar(country="NO")
    old = clause("09:00-21:00", calendar=norway, holiday=(), valid_until=date(2026, 12, 24))
    assert timetable(old).at(utc("2026-12-25T11:00")).open


def test_a_window_to_midnight_ends_where_the_new_year_is_a_holiday() -> None:
    norway = Calendar(country="NO")
    table = timetable(clause("00:00-24:00", holiday=(), calendar=norway))
    assert table.at(utc("2026-12-31T22:59:35")).open
    late = table.at(utc("2026-12-31T22:59:36"))
    assert (late.open, late.until) == (False, utc("2027-01-01T23:00"))
    assert late.closed[0].why == (
        "no call may begin at Thursday 23:59 in Europe/Oslo (it could ring past 24:00)"
    )
    assert whys(table, "2026-12-31T23:00") == [
        "no call may begin at Friday 00:00 in Europe/Oslo (New Year's Day)"
    ]
    as_weekday = timetable(clause("00:00-24:00", calendar=norway))
    assert as_weekday.at(utc("2026-12-31T22:59:36")).open


def test_the_29th_of_february_is_a_day_like_others_and_may_be_a_holiday() -> None:
    leap = Calendar(add=(("02-29", "Leap day"),))
    table = timetable(clause("09:00-20:00", holiday=(), calendar=leap))
    shut = table.at(utc("2028-02-29T11:00"))
    assert shut.until == utc("2028-03-01T08:00")
    assert shut.closed[0].why.endswith("Tuesday 12:00 in Europe/Oslo (Leap day)")
    assert timetable(clause("09:00-20:00")).at(utc("2028-02-29T11:00")).open
    # 2027 has none: Sunday the 28th is followed by Monday the 1st.
    assert table.at(utc("2027-02-28T19:00")).until == utc("2027-03-01T08:00")


# Places.


def test_half_an_hour_and_three_quarters_of_one() -> None:
    rule = clause("09:00-20:00")
    assert_open_exactly(timetable(rule, zones=(KATHMANDU,)), "2026-12-01T03:15", "2026-12-01T14:15")
    assert_open_exactly(
        timetable(rule, zones=("Asia/Kolkata",)), "2026-12-01T03:30", "2026-12-01T14:30"
    )


def test_a_clock_that_changes_by_half_an_hour() -> None:
    # 2026-04-05 at 02:00 back to 01:30, 2026-10-04 at 02:00 on to 02:30.
    repeated = timetable(clause("01:30-02:00"), zones=(LORD_HOWE,))
    assert_open_exactly(repeated, "2026-04-04T14:30", "2026-04-04T15:30")
    skipped = timetable(clause("02:00-02:30"), zones=(LORD_HOWE,))
    assert skipped.at(utc("2026-10-03T15:00")).until == utc("2026-10-04T15:00")
    over = timetable(clause("01:00-03:00"), zones=(LORD_HOWE,))
    assert_open_exactly(over, "2026-10-03T14:30", "2026-10-03T16:00")


@pytest.mark.parametrize(
    ("zone", "window", "begins", "ends"),
    [
        (OSLO, "03:00-05:00", "2026-03-29T01:00", "2026-03-29T03:00"),
        (NEW_YORK, "03:00-05:00", "2026-03-08T07:00", "2026-03-08T09:00"),
        ("America/Anchorage", "03:00-05:00", "2026-03-08T11:00", "2026-03-08T13:00"),
        ("Australia/Sydney", "03:00-05:00", "2026-10-03T16:00", "2026-10-03T18:00"),
        ("Australia/Adelaide", "03:00-05:00", "2026-10-03T16:30", "2026-10-03T18:30"),
        (LORD_HOWE, "02:30-05:00", "2026-10-03T15:30", "2026-10-03T18:00"),
    ],
)
def test_a_window_opens_with_the_second_to_which_clocks_go_on(
    zone: str, window: str, begins: str, ends: str
) -> None:
    assert_open_exactly(timetable(clause(window), zones=(zone,)), begins, ends)


def test_days_on_which_clocks_change_in_one_zone_of_two() -> None:
    # Europe changes on 29 March and 25 October, New York on 8 March and 1 November.
    table = timetable(clause("10:00-20:00"), zones=(OSLO, NEW_YORK))
    assert_open_exactly(table, "2026-03-07T15:00", "2026-03-07T19:00")
    assert_open_exactly(table, "2026-03-08T14:00", "2026-03-08T19:00")
    assert_open_exactly(table, "2026-03-29T14:00", "2026-03-29T18:00")
    assert_open_exactly(table, "2026-10-25T14:00", "2026-10-25T19:00")
    assert_open_exactly(table, "2026-11-01T15:00", "2026-11-01T19:00")


def test_an_arizona_number_may_be_on_the_clock_of_the_navajo_nation() -> None:
    table = timetable(clause("08:00-20:00"), zones=("America/Phoenix", "America/Denver"))
    assert_open_exactly(table, "2026-07-01T15:00", "2026-07-02T02:00")
    assert_open_exactly(table, "2026-12-01T15:00", "2026-12-02T03:00")


def test_indiana_has_two_clocks() -> None:
    zones = ("America/Indiana/Indianapolis", "America/Indiana/Tell_City")
    table = timetable(clause("08:00-21:00"), zones=zones)
    assert_open_exactly(table, "2026-12-01T14:00", "2026-12-02T02:00")
    assert_open_exactly(table, "2026-07-01T13:00", "2026-07-02T01:00")


def test_alaska_and_hawaii_share_an_evening_over_midnight_of_utc() -> None:
    zones = ("America/Anchorage", "Pacific/Honolulu")
    table = timetable(clause("08:00-21:00"), zones=zones)
    assert_open_exactly(table, "2026-12-01T18:00", "2026-12-02T06:00")
    assert_open_exactly(table, "2026-07-01T18:00", "2026-07-02T05:00")


def test_an_australian_mobile_is_called_where_all_of_australia_is_awake() -> None:
    zones = phonenumbers.timezone.time_zones_for_number(phonenumbers.parse("+61412345678"))
    assert len(zones) == 8
    table = timetable(clause("09:00-20:00", days="01234"), zones=zones)
    # From 9 on Cocos Island to 20 on Lord Howe Island, which is the clock of Sydney in summer.
    assert_open_exactly(table, "2026-12-01T02:30", "2026-12-01T09:00")
    assert_open_exactly(table, "2026-07-01T02:30", "2026-07-01T09:30")


# Spans and open hours.


def test_an_opening_is_looked_for_sixteen_days_ahead() -> None:
    # Opens at 2026-12-17T00:00; a call that begins then rings until 25 seconds past.
    table = timetable(clause(valid_until=date(2026, 12, 16)), zones=("UTC",))
    opens_at = utc("2026-12-17T00:00")
    assert table.at(utc("2026-12-01T00:00:24")).until is None
    assert table.at(utc("2026-12-01T00:00:25")).until == opens_at
    assert table.span(utc("2026-12-01T00:00:24")) is None
    assert table.span(utc("2026-12-01T00:00:26")) == Span(opens_at=opens_at, closes_at=None)


def test_the_span_that_is_open_begins_now() -> None:
    table = timetable(clause("10:00-20:00"))
    now = datetime.fromisoformat("2026-12-01T13:00:00.123456+01:00")
    assert table.span(now) == Span(opens_at=now, closes_at=utc("2026-12-01T18:59:35"))
    tomorrow = Span(opens_at=utc("2026-12-02T09:00"), closes_at=utc("2026-12-02T18:59:35"))
    assert table.span(utc("2026-12-01T18:59:36")) == tomorrow
    assert table.span(utc("2026-12-01T22:00")) == tomorrow


def test_a_span_too_short_to_ring_in_is_none() -> None:
    table = timetable(clause("10:00-10:01", "12:00-14:00"), ring_s=61)
    span = table.span(utc("2026-12-01T08:00"))
    assert span == Span(opens_at=utc("2026-12-01T11:00"), closes_at=utc("2026-12-01T12:58:59"))


def test_what_never_closes_has_no_end() -> None:
    now = utc("2026-12-01T13:00")
    assert timetable(clause("00:00-24:00")).span(now) == Span(opens_at=now, closes_at=None)


def test_a_span_waits_for_the_first_day() -> None:
    first = own_clauses(campaign(starts=date(2027, 6, 1), hours=hours(windows("10:00-20:00"))))
    assert Timetable(first, (OSLO,), ring_s=25).span(utc("2026-12-01T13:00")) == Span(
        opens_at=utc("2027-06-01T08:00"), closes_at=utc("2027-06-01T17:59:35")
    )


def test_the_open_hours_are_those_in_which_a_call_may_begin() -> None:
    table = timetable(clause("10:00-12:00", "12:00-20:00", days="01234"), ring_s=60)
    friday, monday = utc("2026-12-04T12:00"), utc("2026-12-07T09:00:30")
    assert table.open_hours(friday, monday) == [
        (friday, utc("2026-12-04T18:59")),
        (utc("2026-12-07T09:00"), monday),
    ]
    assert table.open_hours(utc("2026-12-05T00:00"), utc("2026-12-06T00:00")) == []
    one_moment = timetable(clause("10:00-10:01"), ring_s=60)
    assert one_moment.open_hours(utc("2026-12-01T00:00"), utc("2026-12-02T00:00")) == []


# Whatever the clauses and zones.

HOLIDAYS = Calendar(add=(("03-29", "a"), ("10-25", "b"), ("12-02", "c"), ("04-05", "d")))
TEXTS = ["00:00-24:00", "08:00-21:00", "09:15-12:00", "12:00-20:30", "20:00-24:00", "00:00-02:15"]
ZONES = [OSLO, NEW_YORK, TAIPEI, LORD_HOWE, KATHMANDU, "Pacific/Kiritimati"]

some_windows = st.sampled_from([(), *(windows(text) for text in TEXTS)]) | st.just(
    windows("09:00-12:00", "12:00-14:00", "15:30-21:00")
)
some_days = some_windows.map(lambda one: (one,) * 7) | st.tuples(*[some_windows] * 7)
near_days = st.none() | st.sampled_from([date(2026, 3, 29), date(2026, 12, 2)])
some_clause = st.builds(
    Clause,
    rule=st.sampled_from(["a", "b"]),
    source=st.just("text"),
    days=some_days,
    holiday=st.none() | some_windows,
    calendar=st.just(HOLIDAYS),
    valid_from=near_days,
    valid_until=near_days,
)
some_clauses = st.lists(some_clause, min_size=1, max_size=3)
some_zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True)
some_moment = st.builds(
    lambda near, offset_s, tick: utc(near) + timedelta(seconds=offset_s) + tick * TICK,
    st.sampled_from(
        ["2026-03-29T01:00", "2026-10-25T01:00", "2026-12-02T12:00", "2026-04-04T15:00"]
    ),
    st.integers(-100_000, 100_000) | st.integers(-110, 110).map(lambda quarter: quarter * 900),
    st.sampled_from([0, 0, 1, -1]),
)
some_ring_s = st.integers(5, 120)


@settings(max_examples=150, deadline=None)
@given(clauses=some_clauses, zones=some_zones, now=some_moment, ring_s=some_ring_s)
def test_it_is_open_exactly_where_every_clause_is_in_every_zone(
    *, clauses: list[Clause], zones: list[str], now: datetime, ring_s: int
) -> None:
    opening = Timetable(clauses, zones, ring_s=ring_s).at(now)
    alone = {
        (number, zone): Timetable([one], [zone], ring_s=ring_s).at(now).open
        for number, one in enumerate(clauses)
        for zone in zones
    }
    assert opening.open == all(alone.values())
    assert (opening.until == now) == opening.open
    shut = [
        one for number, one in enumerate(clauses) if not all(alone[number, zone] for zone in zones)
    ]
    assert [closed.rule for closed in opening.closed] == [one.rule for one in shut]
    for closed, one in zip(opening.closed, shut, strict=True):
        by_itself = Timetable([one], zones, ring_s=ring_s).at(now)
        assert closed.until == by_itself.until
        assert (closed,) == by_itself.closed
    assert bool(opening.never) == (opening.until is None)


@settings(max_examples=150, deadline=None)
@given(
    clauses=some_clauses,
    more=some_clause,
    zones=some_zones,
    elsewhere=st.sampled_from(ZONES),
    now=some_moment,
    ring_s=some_ring_s,
)
def test_another_clause_or_zone_never_opens_anything(
    *,
    clauses: list[Clause],
    more: Clause,
    zones: list[str],
    elsewhere: str,
    now: datetime,
    ring_s: int,
) -> None:
    before = Timetable(clauses, zones, ring_s=ring_s)
    for after in (
        Timetable([*clauses, more], zones, ring_s=ring_s),
        Timetable([more, *clauses], zones, ring_s=ring_s),
        Timetable(clauses, [*zones, elsewhere], ring_s=ring_s),
    ):
        until = after.at(now).until
        if until is not None:
            assert before.at(until).open
        days = now, now + timedelta(days=3)
        wide = before.open_hours(*days)
        for start, stop in after.open_hours(*days):
            assert any(a <= start and stop <= b for a, b in wide)


@settings(max_examples=150, deadline=None)
@given(clauses=some_clauses, zones=some_zones, now=some_moment, ring_s=some_ring_s)
def test_the_span_is_what_single_moments_say(
    *, clauses: list[Clause], zones: list[str], now: datetime, ring_s: int
) -> None:
    table = Timetable(clauses, zones, ring_s=ring_s)
    opening, span = table.at(now), table.span(now)
    if span is None:
        assert opening.until is None
        return
    assert span.opens_at == opening.until
    assert table.at(span.opens_at).open
    if span.closes_at is not None:
        assert span.opens_at <= span.closes_at
        assert table.at(span.opens_at + (span.closes_at - span.opens_at) / 2).open
        assert table.at(span.closes_at).open
        assert not table.at(span.closes_at + TICK).open
        # The last call rings out inside the windows.
        brief = Timetable(clauses, zones, ring_s=1)
        assert brief.at(span.closes_at + timedelta(seconds=ring_s - 1)).open
        assert not brief.at(span.closes_at + timedelta(seconds=ring_s)).open


@settings(max_examples=100, deadline=None)
@given(
    clauses=some_clauses,
    zones=some_zones,
    moments=st.lists(some_moment, min_size=2, max_size=6),
    ring_s=some_ring_s,
)
def test_what_was_asked_before_changes_no_answer(
    *, clauses: list[Clause], zones: list[str], moments: list[datetime], ring_s: int
) -> None:
    table = Timetable(clauses, zones, ring_s=ring_s)
    begin, end = min(moments) - SECOND, max(moments) + SECOND
    open_hours = table.open_hours(begin, end)
    for now in moments:
        answer = table.at(now)
        assert answer == Timetable(clauses, zones, ring_s=ring_s).at(now)
        assert answer.open == any(start <= now <= stop for start, stop in open_hours)
