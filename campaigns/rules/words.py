"""Say in words what a rule says, for those who look it up; pure."""

from collections.abc import Iterable
from functools import singledispatch

from campaigns.rules.model import (
    AbandonmentRule,
    AbandonPeriod,
    Applies,
    Calendar,
    CapRule,
    ConsentRule,
    CooldownRule,
    Duty,
    Exempt,
    Force,
    HourRule,
    HoursRule,
    Jurisdiction,
    Need,
    Period,
    Place,
    RegistryList,
    RegistryRule,
    Rule,
)
from campaigns.windows import WEEKDAYS, write_day

NO_HOURS = "no statutory hours are known"


def kind_of(rule: Rule) -> str:
    """Return the name of the table that a rule stands in, "hours" or "cap"."""
    if isinstance(rule, Duty):
        return rule.topic
    return type(rule).__name__.removesuffix("Rule").lower()


@singledispatch
def says(rule: Rule) -> dict[str, str]:
    """Return what a rule asks for: its values by name, in words."""
    raise TypeError(f"nobody knows how to write {type(rule).__name__}")


@says.register
def _(rule: HoursRule) -> dict[str, str]:
    runs: list[tuple[str, str, str]] = []
    for name, windows in zip(WEEKDAYS, rule.days, strict=True):
        written = write_day(windows)
        if runs and runs[-1][2] == written:
            runs[-1] = (runs[-1][0], name, written)
        else:
            runs.append((name, name, written))
    days = {
        first if first == last else f"{first} to {last}": written for first, last, written in runs
    }
    holiday = "as on the weekday" if rule.holiday is None else write_day(rule.holiday)
    return days | {"public holidays": holiday}


@says.register
def _(rule: CapRule) -> dict[str, str]:
    return {
        "at most": f"{_number(rule.max, _COUNTED[rule.counted])} {_during(rule.period, rule.n)}",
        "counted for each": _listed(rule.key),
    }


@says.register
def _(rule: CooldownRule) -> dict[str, str]:
    return {
        "after": rule.after.replace("_", " "),
        "wait": _length(rule.period, rule.n),
        "counted for each": _listed(rule.key),
    }


@says.register
def _(rule: HourRule) -> dict[str, str]:
    return {
        "after": "no answer",
        "wait": f"not in the same hour of the day for {_number(rule.days, 'day')} more",
    }


@says.register
def _(rule: RegistryRule) -> dict[str, str]:
    age = "" if rule.max_age_days is None else f"at most {_number(rule.max_age_days, 'day')} old"
    return _present(
        {
            "register": f"{rule.title}, loaded as {rule.registry}",
            "who is on it": _ON_IT[rule.list],
            "its file": age,
            "formats": ", ".join(rule.formats),
            "granularity": rule.granularity,
            "freshness": rule.freshness,
        }
    )


@says.register
def _(rule: ConsentRule) -> dict[str, str]:
    if rule.need is Need.FORBIDDEN:
        return {"consent": "such calls are forbidden; no consent allows them"}
    if rule.need is Need.PRESUMED:
        return {"consent": "presumed until the person objects"}
    return {"consent": f"{_NEED[rule.need]}, of the kind {rule.kind}"}


@says.register
def _(rule: AbandonmentRule) -> dict[str, str]:
    share = f"{_names(rule.numerator)} of {_names(rule.denominator)}"
    if rule.numerator_minus:
        share = f"{_names(rule.numerator)} less {_names(rule.numerator_minus)}, of "
        share += _names(rule.denominator)
    message = ["required" if rule.message_required else ""]
    message += [f"within {rule.message_within_s:g} s"] if rule.message_within_s is not None else []
    message += [f"states {_names(rule.message_states)}"] if rule.message_states else []
    message += [f"opt-out by {_plain(rule.message_opt_out)}"] if rule.message_opt_out else []
    message += ["may advertise" if rule.message_marketing else ""]
    return _present(
        {
            "at most": "" if rule.max_rate is None else f"{rule.max_rate:.2%}",
            "paced to": "" if rule.guard_rate is None else f"{rule.guard_rate:.2%}",
            "safe harbor": "keeping below it protects" if rule.safe_harbor else "",
            "measured as": share if rule.numerator and rule.denominator else "",
            "measured over": _measured(rule.period, rule.n),
            "measured for each": _listed(rule.group),
            "an agent is there": ""
            if rule.connect_within_s is None
            else f"within {rule.connect_within_s:g} s from {_plain(rule.connect_from)}",
            "message": ", ".join(filter(None, message)),
            "rings at least": "" if rule.min_ring_s is None else f"{rule.min_ring_s} s",
            "rings at most": "" if rule.max_ring_s is None else f"{rule.max_ring_s} s",
        }
    )


@says.register
def _(rule: Duty) -> dict[str, str]:
    return {_plain(key): value for key, value in rule.says.items()}


def in_one_line(rule: Rule) -> str:
    """Return what a rule asks for on one line."""
    return "; ".join(f"{key}: {value}" for key, value in says(rule).items())


def scope(rule: Rule) -> dict[str, str]:
    """Return to which calls a rule applies and whom it spares, in words or empty."""
    lifted = [f"consent {kind}" for kind in sorted(rule.unless_consent)]
    lifted += ["an agent waits for this very call"] if rule.unless_agent_reserved else []
    return {
        "applies_to": _applies(rule.applies),
        "spares": _exempt(rule.exempt),
        "lifted_by": ", ".join(lifted),
    }


def stands(rule: Rule) -> str:
    """Return in words whether a rule is enforced: why it is not, where it is only shown."""
    if rule.enforced:
        return "in force"
    if rule.force is Force.SAFE_HARBOR:
        return "a safe harbor, shown only"
    return f"{rule.status.replace('_', ' ')}, shown only"


def dates(rule: Rule) -> str:
    """Return from when to when a rule is valid, or nothing where it always is."""
    parts = [f"from {rule.valid_from}"] if rule.valid_from else []
    parts += [f"until {rule.valid_until}"] if rule.valid_until else []
    return " ".join(parts)


def places(jurisdiction: Jurisdiction) -> str:
    """Return where a jurisdiction holds."""
    if jurisdiction.subdivisions:
        return _listed(jurisdiction.subdivisions)
    return "everywhere" if "*" in jurisdiction.countries else _listed(jurisdiction.countries)


def holidays(calendar: Calendar) -> str:
    """Return what a jurisdiction's public holidays are."""
    part = f"{calendar.country}-{calendar.subdivision}" if calendar.subdivision else ""
    days = [f"those of {part or calendar.country}"] if calendar.country else []
    if calendar.from_address:
        unknown = "of any subdivision" if calendar.union else "of the whole country"
        days.append(f"and of the address's subdivision; {unknown} where that is not known")
    days += [f"and {name} ({day})" for day, name in calendar.add]
    days += [f"without {name}" for name in calendar.drop]
    return ", ".join(days) or "none of its own"


def no_hours(places: Iterable[Place | str]) -> str:
    """Return the sentence for places of which no statutory hours are known."""
    named = ", ".join(sorted(map(str, places)))
    return f"{NO_HOURS} for {named}; [hours] of the campaign file says when its people are called"


_COUNTED = {"attempts": "attempt", "answered": "answered call", "conversations": "conversation"}
_NEED = {Need.EXPRESS: "express", Need.WRITTEN: "written, with its proof"}
_ON_IT = {
    RegistryList.OPT_OUT: "may not be called",
    RegistryList.OPT_IN: "may be called, nobody else",
    RegistryList.REASSIGNED: "has a number that was somebody else's",
}


def _during(period: Period, n: int) -> str:
    match period:
        case Period.CALENDAR_WEEK:
            return "a week, Monday to Sunday"
        case Period.CAMPAIGN:
            return "in a campaign"
        case _:
            return f"in {_length(period, n)}"


def _length(period: Period, n: int) -> str:
    match period:
        case Period.ROLLING_HOURS:
            return _number(n, "hour")
        case Period.CONSECUTIVE_DAYS:
            return "one day" if n == 1 else f"{n} days in a row, the first included"
        case Period.CALENDAR_DAYS:
            return f"{_number(n, 'whole day')} after that day"
        case _:
            return period.replace("_", " ")


def _measured(period: AbandonPeriod, n: int) -> str:
    match period:
        case AbandonPeriod.CAMPAIGN_BLOCKS:
            return f"blocks of {_number(n, 'day')} from the campaign's start"
        case AbandonPeriod.ROLLING_HOURS:
            return _number(n, "hour")
        case _:
            return f"a {_plain(period)}"


def _applies(applies: Applies) -> str:
    parts = {
        "audience": applies.audience,
        "purpose": applies.purpose,
        "mode": applies.mode,
        "voice": applies.voice,
        "line": applies.line,
        "caller": applies.caller,
        "topic": applies.topic,
    }
    return "; ".join(f"{key} {_listed(words)}" for key, words in parts.items() if words)


def _exempt(exempt: Exempt) -> str:
    parts = [
        f"{key} {_listed(words)}"
        for key, words in (("caller", exempt.caller), ("purpose", exempt.purpose))
        if words
    ]
    for relation in exempt.relation:
        age = f" not older than {_number(relation.months, 'month')}" if relation.months else ""
        parts.append(f"{relation.kind}{age}")
    parts += [f"consent {kind}" for kind in sorted(exempt.consent)]
    return "; ".join(parts)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _names(words: Iterable[str]) -> str:
    return " + ".join(map(_plain, words))


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _present(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}
