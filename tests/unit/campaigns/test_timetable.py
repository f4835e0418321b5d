"""A call begins only inside the hours, on the clock of whoever is called."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.model import Hours, Window
from campaigns.timetable import Opening, Timetable, own_clauses
from tests.unit.campaigns.examples import campaign, hours, utc, windows

OSLO, NEW_YORK, TAIPEI, LORD_HOWE = (
    "Europe/Oslo",
    "America/New_York",
    "Asia/Taipei",
    "Australia/Lord_Howe",
)
WEEKDAYS = {day: windows("10:00-20:00") for day in range(5)}


def own(
    *zones: str,
    open_hours: Hours | None = None,
    starts: date | None = None,
    ends: date | None = None,
    ring_s: int = 25,
) -> Timetable:
    """The manager's own timetable, in Oslo unless zones are named."""
    mine = campaign(hours=open_hours, starts=starts, ends=ends)
    return Timetable(own_clauses(mine), zones or (OSLO,), ring_s=ring_s)


def ask(
    now: str,
    *zones: str,
    open_hours: Hours | None = None,
    starts: date | None = None,
    ends: date | None = None,
    ring_s: int = 25,
) -> Opening:
    timetable = own(*zones, open_hours=open_hours, starts=starts, ends=ends, ring_s=ring_s)
    return timetable.at(utc(now))


def test_without_hours_or_days_it_is_open_at_any_time_and_in_no_zone_at_all() -> None:
    now = utc("2026-12-06T03:00")
    assert own_clauses(campaign()) == ()
    assert Timetable((), (), ring_s=25).at(now) == Opening(open=True, until=now)


@pytest.mark.parametrize(
    ("now", "open_now", "until"),
    [
        ("2026-12-01T08:59:59", False, "2026-12-01T09:00"),  # Tuesday, 9:59:59 in Oslo
        ("2026-12-01T09:00", True, "2026-12-01T09:00"),
        ("2026-12-01T18:59:35", True, "2026-12-01T18:59:35"),  # rings until 20:00:00
        ("2026-12-01T18:59:36", False, "2026-12-02T09:00"),
        ("2026-12-04T19:00", False, "2026-12-07T09:00"),  # Friday evening, then Monday
    ],
)
def test_a_call_begins_inside_the_window_and_rings_out_inside_it(
    now: str, open_now: bool, until: str
) -> None:
    opening = ask(now, open_hours=hours(WEEKDAYS))
    assert (opening.open, opening.until) == (open_now, utc(until))


def test_a_refusal_tells_the_clock_of_the_person_called() -> None:
    opening = ask("2026-12-05T10:30", open_hours=hours(WEEKDAYS))
    assert opening.closed[0].rule == "hours"
    assert opening.closed[0].why == "no call may begin at Saturday 11:30 in Europe/Oslo"


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    now = datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo(OSLO))
    opening = own(open_hours=hours(WEEKDAYS)).at(now)
    assert opening.open
    assert opening.until == utc("2026-12-01T09:00")
    assert opening.until.tzinfo is UTC


def test_it_is_open_only_where_every_zone_is() -> None:
    # 10 to 20 in Oslo is 09 to 19 UTC, in New York 15 to 01 UTC: in common 15 to 19.
    open_hours = hours(WEEKDAYS)
    assert ask("2026-12-01T15:00", OSLO, NEW_YORK, open_hours=open_hours).open
    morning = ask("2026-12-01T14:59", OSLO, NEW_YORK, open_hours=open_hours)
    assert morning.until == utc("2026-12-01T15:00")
    assert morning.closed[0].why == "no call may begin at Tuesday 09:59 in America/New_York"
    evening = ask("2026-12-01T19:00", OSLO, NEW_YORK, open_hours=open_hours)
    assert evening.until == utc("2026-12-02T15:00")


def test_zones_that_are_never_open_at_once_are_never_called() -> None:
    opening = ask("2026-12-01T15:00", OSLO, TAIPEI, open_hours=hours(windows("09:00-12:00")))
    assert (opening.open, opening.until, opening.closed[0].rule) == (False, None, "hours")
    assert "none of the next 16 days opens in all 2 zones at once" in opening.never


def test_windows_that_meet_at_midnight_are_one() -> None:
    round_the_clock = hours(windows("00:00-24:00"))
    assert ask("2026-12-01T22:59:50", open_hours=round_the_clock).open
    night = hours({0: windows("20:00-24:00"), 1: windows("00:00-02:00")})
    assert ask("2026-11-30T22:59:50", open_hours=night).open  # Monday, 23:59:50
    alone = hours({0: windows("20:00-24:00")})
    assert ask("2026-11-30T22:59:50", open_hours=alone).until == utc("2026-12-07T19:00")


def test_windows_that_meet_by_day_are_one() -> None:
    split = hours(windows("10:00-12:00", "12:00-14:00"))
    assert ask("2026-12-01T10:59:50", open_hours=split).open


def test_a_window_too_short_to_ring_in_never_opens() -> None:
    short = hours(windows("10:00-10:01"))
    assert ask("2026-12-01T09:00", open_hours=short, ring_s=60).open
    assert ask("2026-12-01T09:00", open_hours=short, ring_s=61).until is None


def test_a_campaign_begins_on_its_first_day_on_the_called_persons_calendar() -> None:
    opening = ask("2026-07-01T12:00", TAIPEI, starts=date(2026, 12, 1))
    assert (opening.open, opening.closed[0].rule) == (False, "starts")
    assert opening.until == utc("2026-11-30T16:00")
    assert opening.closed[0].why == "the campaign starts on 2026-12-01"
    both = ask("2026-07-01T12:00", TAIPEI, NEW_YORK, starts=date(2026, 12, 1))
    assert both.until == utc("2026-12-01T05:00")


def test_a_first_day_on_which_it_is_closed_waits_for_the_next_window() -> None:
    opening = ask("2026-07-01T12:00", open_hours=hours(WEEKDAYS), starts=date(2026, 12, 5))
    assert opening.until == utc("2026-12-07T09:00")


def test_a_campaign_ends_with_its_last_day() -> None:
    last = date(2026, 12, 20)
    assert ask("2026-12-20T22:59", ends=last).open  # 23:59 in Oslo
    too_late = ask("2026-12-20T22:59:36", ends=last)
    assert (too_late.open, too_late.until, too_late.closed[0].rule) == (False, None, "ends")
    over = ask("2027-03-01T12:00", ends=last, open_hours=hours(WEEKDAYS))
    assert (over.until, over.closed[0].rule) == (None, "ends")
    assert over.closed[0].why == "the campaign ended on 2026-12-20"
    # In Taipei the day ends seven hours before it does in Oslo.
    assert ask("2026-12-20T16:00", OSLO, TAIPEI, ends=last).closed[0].rule == "ends"


def test_no_window_before_the_last_day_is_no_opening() -> None:
    opening = ask("2026-12-19T12:00", open_hours=hours(WEEKDAYS), ends=date(2026, 12, 20))
    assert (opening.until, opening.closed[0].rule) == (None, "hours")
    assert opening.never == (
        "none of the next 16 days opens in Europe/Oslo, the last day being 2026-12-20"
    )


# The days on which clocks change. Oslo 2026: 29 March 02:00 -> 03:00, 25 October 03:00 -> 02:00.


def test_a_window_of_the_skipped_hour_does_not_open_that_day() -> None:
    skipped = hours({6: windows("02:00-03:00")})
    assert ask("2026-03-29T00:30", open_hours=skipped).until == utc("2026-04-05T00:00")


def test_a_window_over_the_skipped_hour_is_shorter_but_whole() -> None:
    over = hours({6: windows("01:00-04:00")})
    assert ask("2026-03-29T00:59:50", open_hours=over).open
    assert not ask("2026-03-29T02:00", open_hours=over).open


def test_a_window_in_the_repeated_hour_opens_twice() -> None:
    repeated = hours({6: windows("02:15-02:45")})
    assert ask("2026-10-25T00:15", open_hours=repeated).open
    between = ask("2026-10-25T00:45", open_hours=repeated)
    assert (between.open, between.until) == (False, utc("2026-10-25T01:15"))
    assert ask("2026-10-25T01:15", open_hours=repeated).open
    assert ask("2026-10-25T01:45", open_hours=repeated).until == utc("2026-11-01T01:15")


def test_a_morning_after_the_change_begins_by_the_new_clock() -> None:
    open_hours = hours(windows("10:00-20:00"))
    assert ask("2026-03-28T20:00", open_hours=open_hours).until == utc("2026-03-29T08:00")
    assert ask("2026-10-24T20:00", open_hours=open_hours).until == utc("2026-10-25T09:00")


# Against a slow oracle that looks at the wall clocks minute by minute.

CHANGES = [
    utc("2026-03-29T01:00"),  # Oslo
    utc("2026-10-25T01:00"),
    utc("2026-03-08T07:00"),  # New York
    utc("2026-11-01T06:00"),
    utc("2026-04-04T15:00"),  # Lord Howe: by half an hour
    utc("2026-10-03T15:30"),
    utc("2026-07-01T00:00"),  # nothing happens
]
MINUTE = timedelta(minutes=1)


class Oracle:
    def __init__(self, open_hours: Hours, starts: date | None, ends: date | None, zones: Sequence[str]) -> None:  # fmt: skip
        self.days = open_hours.days
        self.starts, self.ends = starts or date.min, ends or date.max
        self.clocks = [ZoneInfo(zone) for zone in zones]

    def allows(self, moment: datetime, ring_s: int) -> bool:
        """Whether every zone is open at the moment and at every full minute of the ringing."""
        end = moment + timedelta(seconds=ring_s)
        while moment < end:
            if not all(self._open(moment.astimezone(clock)) for clock in self.clocks):
                return False
            moment = moment.replace(second=0, microsecond=0) + MINUTE
        return True

    def _open(self, wall: datetime) -> bool:
        clock = wall.time()
        return self.starts <= wall.date() <= self.ends and any(
            start <= clock and (clock < end or end == time.min)
            for start, end in self.days[wall.weekday()]
        )


@st.composite
def some_windows(draw: st.DrawFn) -> tuple[Window, ...]:
    quarter_hours = st.integers(0, 96).map(lambda quarter: quarter * 15)
    edges = sorted(draw(st.sets(quarter_hours | st.integers(0, 1440), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple((_clock(start), _clock(end)) for start, end in pairs)


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


MEETING = [windows("00:00-24:00"), windows("00:00-02:30", "22:00-24:00"), windows("01:00-03:00")]
DAY = some_windows() | st.sampled_from(MEETING)


@settings(max_examples=150, deadline=None)
@given(
    days=st.tuples(*[DAY] * 7) | DAY.map(lambda day: (day,) * 7),
    zones=st.lists(
        st.sampled_from([OSLO, NEW_YORK, TAIPEI, LORD_HOWE]), min_size=1, max_size=2, unique=True
    ),
    near=st.sampled_from(CHANGES),
    offset_s=st.integers(-100_000, 100_000),
    starts_in=st.none() | st.integers(-1, 3),
    ends_in=st.none() | st.integers(-1, 3),
    ring_s=st.integers(5, 120),
)
def test_the_next_opening_is_the_one_that_a_minute_by_minute_search_finds(
    *,
    days: tuple[tuple[Window, ...], ...],
    zones: list[str],
    near: datetime,
    offset_s: int,
    starts_in: int | None,
    ends_in: int | None,
    ring_s: int,
) -> None:
    now = near + timedelta(seconds=offset_s)
    starts = None if starts_in is None else near.date() + timedelta(days=starts_in)
    ends = None if ends_in is None else near.date() + timedelta(days=ends_in)
    open_hours = Hours(days=days)
    oracle = Oracle(open_hours, starts, ends, zones)
    opening = own(*zones, open_hours=open_hours, starts=starts, ends=ends, ring_s=ring_s).at(now)
    assert opening.open == oracle.allows(now, ring_s) == (opening.until == now)
    if opening.until is not None:
        assert opening.until >= now
        assert oracle.allows(opening.until, ring_s)
    # A window can only open on a full minute; beyond a day and a half a wider mesh will do.
    moment = now.replace(second=0, microsecond=0) + MINUTE
    while moment < (opening.until or now + timedelta(days=15)):
        assert not oracle.allows(moment, ring_s), moment
        moment += MINUTE if moment - now < timedelta(hours=36) else 13 * MINUTE
