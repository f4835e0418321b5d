"""What a call record must show for what an agent reports: a campaign's table [checks]; pure."""

from dataclasses import dataclass, fields

from campaigns.fields import Section

_LONGEST_TALK_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """When a reported result agrees with the record of its call; durations in seconds.

    Attributes:
        success_talk_s: a success takes a talk of so long at least.
        completed_talk_s: all questions asked and answered take so long at least.
        refusal_talk_s: whatever else a person said takes so long at least.
        machine_talk_s: a machine is known as one after so long.
        left_message_talk_s: a message that was left takes so long at least.
        no_contact_talk_s: where nobody was reached, no line was open for longer.
        results_per_hour: more in an hour are too many for somebody who dials themselves.
        share_times: a share of wrong numbers, deaths or refusals so many times that of the
            campaign is told.
        share_results: with fewer results than these nothing is said about shares.
    """

    success_talk_s: float = 90
    completed_talk_s: float = 20
    refusal_talk_s: float = 3
    machine_talk_s: float = 3
    left_message_talk_s: float = 8
    no_contact_talk_s: float = 5
    results_per_hour: int = 60
    share_times: float = 3
    share_results: int = 20


USUAL = Checks()
"""The thresholds of a campaign that names none."""


def read_checks(file: Section) -> Checks:
    """Return the thresholds of a campaign file; whatever it leaves out is as usual."""
    table = file.section("checks")
    given = {key: table.number(key, _LONGEST_TALK_S) for key in _TALKS}
    times = table.number("share_times", 100, low=1)
    return Checks(
        **{key: getattr(USUAL, key) if one is None else one for key, one in given.items()},
        results_per_hour=table.whole("results_per_hour", 1, 10_000, default=USUAL.results_per_hour),
        share_times=USUAL.share_times if times is None else times,
        share_results=table.whole("share_results", 1, 100_000, default=USUAL.share_results),
    )


_TALKS = tuple(field.name for field in fields(Checks) if field.name.endswith("_talk_s"))


def describe_checks(checks: Checks) -> dict[str, str]:
    """Return the thresholds that are not the usual ones, by their keys in a campaign file."""
    return {
        f"checks.{field.name}": f"{getattr(checks, field.name):g}"
        for field in fields(Checks)
        if getattr(checks, field.name) != getattr(USUAL, field.name)
    }
