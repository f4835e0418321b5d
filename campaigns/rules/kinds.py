"""Read one rule of a rule file, of every kind there is; pure."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import StrEnum

from campaigns.fields import Section, shown
from campaigns.model import Window
from campaigns.rules.common import Common, read_common, read_word
from campaigns.rules.model import (
    AbandonmentRule,
    AbandonPeriod,
    CapRule,
    ConnectFrom,
    ConsentRule,
    CooldownRule,
    Counted,
    Duty,
    Event,
    HoursRule,
    Need,
    OnHoliday,
    Period,
    RegistryList,
    RegistryRule,
    Rule,
)
from campaigns.windows import read_days, read_windows
from leads.consent_rules import KIND, KIND_RULE

KEYS = ("number", "person", "seller", "subject", "debt", "campaign")
COUNTERS = (
    "abandoned",
    "connected_late",
    "amd_false_positive_estimate",
    "machine_share_of_abandoned",
    "human_answered",
    "passed_to_agent_human",
    "answered",
)
GROUPS = ("campaign", "call_centre")
GRANULARITIES = ("national", "state", "area_code")
OPT_OUTS = ("keypress", "voice", "keypress_or_voice", "number")
MESSAGE_STATES = ("seller_name", "callback_phone", "opt_out_phone", "telemarketing_purpose")
"""What a rule may want to be said where no agent is free: the usual words say all of it."""
DUTIES = ("opt_out", "caller_id", "recording", "disclosure", "retain")
"""The kinds of rules that no gate enforces."""

_REGISTRY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CAP_PERIODS = tuple(word for word in Period if word is not Period.FOREVER)
_COOLDOWN_PERIODS = (
    Period.ROLLING_HOURS,
    Period.CONSECUTIVE_DAYS,
    Period.CALENDAR_DAYS,
    Period.FOREVER,
)
_COUNTED_OUT = frozenset(
    {
        Period.ROLLING_HOURS,
        Period.CONSECUTIVE_DAYS,
        Period.CALENDAR_DAYS,
        AbandonPeriod.ROLLING_HOURS,
        AbandonPeriod.CAMPAIGN_BLOCKS,
    }
)
"""The periods that have a length `n`."""
_LIKE = 0.85
"""How much a free key may look like a common one before it is taken for a slip."""
_LONGEST, _MOST = 100_000, 100_000


def read_rule(kind: str, entry: Section, *, file: str, own: bool) -> Rule:
    """Return the rule of one table; what is wrong with it is noted in the section.

    Args:
        kind: one of `KINDS`.
        entry: its table.
        file: the name of its file, "us-fl.toml".
        own: an operator's file, whose rules need not say that they are the operator's.
    """
    return KINDS[kind](entry, read_common(entry, file=file, own=own))


def _period(table: Section, words: tuple[StrEnum, ...]) -> tuple[str, int]:
    kind = table.choice("kind", tuple(word.value for word in words))
    n = table.whole("n", 1, _LONGEST, default=1)
    if n != 1 and kind not in _COUNTED_OUT:
        table.refuse("n", f"{kind} has no length; leave it out")
    return kind, n


def _key(entry: Section) -> frozenset[str]:
    return frozenset(entry.words("key", KEYS, default=("person",)))


def _hours(entry: Section, common: Common) -> Rule:
    windows = entry.section("windows", required=True)
    days, understood = read_days(windows)
    holiday = _holiday(windows)
    if understood and not any(days) and entry.has("windows") and not windows.has("all"):
        entry.refuse("windows", "opens on no day; write all = [] where no call may be made at all")
    return HoursRule(**common, days=days, holiday=holiday)


def _holiday(windows: Section) -> tuple[Window, ...] | None:
    text = windows.held("holiday")
    if text == OnHoliday.AS_WEEKDAY:
        windows.expect(["holiday"])
        return None
    if text is None or isinstance(text, str):
        windows.expect(["holiday"])
        windows.refuse(
            "holiday",
            f"{'is missing' if text is None else f'must not be {shown(text)}'}; write "
            '"as_weekday", [] for closed, or windows like [["10:00", "20:00"]]',
        )
        return ()
    return read_windows(windows, "holiday") or ()


def _cap(entry: Section, common: Common) -> Rule:
    period, n = _period(entry.section("per", required=True), _CAP_PERIODS)
    return CapRule(
        **common,
        max=entry.whole("max", 0, _MOST),
        period=Period(period),
        n=n,
        counted=read_word(entry, "count", Counted, default=Counted.ATTEMPTS),
        key=_key(entry),
    )


def _cooldown(entry: Section, common: Common) -> Rule:
    period, n = _period(entry.section("wait", required=True), _COOLDOWN_PERIODS)
    return CooldownRule(
        **common,
        after=read_word(entry, "after", Event),
        period=Period(period),
        n=n,
        key=_key(entry),
    )


def _registry(entry: Section, common: Common) -> Rule:
    name = entry.text("registry")
    if name and not _REGISTRY.fullmatch(name):
        entry.refuse("registry", f"may only hold a-z, 0-9 and -, unlike {shown(name)}")
    return RegistryRule(
        **common,
        registry=name,
        title=entry.text("title"),
        list=read_word(entry, "list", RegistryList, default=RegistryList.OPT_OUT),
        max_age_days=entry.maybe_whole("max_age_days", 0, 3660),
        formats=entry.texts("formats", required=False, empty=True),
        granularity=entry.choice("granularity", ("", *GRANULARITIES), default=""),
        freshness=entry.text("freshness", required=False, lines=True),
    )


def _consent(entry: Section, common: Common) -> Rule:
    need = read_word(entry, "need", Need)
    recorded = need in {Need.EXPRESS, Need.WRITTEN}
    kind = entry.text("kind", required=recorded and entry.has("need"))
    if kind and not recorded:
        entry.refuse("kind", f"what is {need.value} asks for no record; leave it out")
    elif kind and not KIND.fullmatch(kind):
        entry.refuse("kind", f"{shown(kind)} is no kind of consent; write {KIND_RULE}")
    return ConsentRule(**common, need=need, kind=kind)


def _abandonment(entry: Section, common: Common) -> Rule:
    period, n = _period(entry.section("period", required=True), tuple(AbandonPeriod))
    max_rate, guard_rate = entry.number("max_rate", 1), entry.number("guard_rate", 1)
    if max_rate is not None and guard_rate is not None and max_rate < guard_rate:
        entry.refuse("guard_rate", f"must not be above max_rate, {max_rate}")
    added, taken, divided = (
        entry.words(key, COUNTERS) for key in ("numerator", "numerator_minus", "denominator")
    )
    for key in ("numerator", "denominator"):
        if max_rate is not None and not entry.has(key):
            entry.refuse(key, "is missing; max_rate is a share of something")
    connect, message = entry.section("connect"), entry.section("message")
    return AbandonmentRule(
        **common,
        max_rate=max_rate,
        guard_rate=guard_rate,
        safe_harbor=entry.flag("safe_harbor"),
        period=AbandonPeriod(period),
        n=n,
        group=entry.words("group", GROUPS, default=("campaign",)),
        numerator=added,
        numerator_minus=taken,
        denominator=divided,
        connect_within_s=connect.number("within_s", 600),
        connect_from=read_word(connect, "from", ConnectFrom, default=ConnectFrom.ANSWER),
        message_required=message.flag("required"),
        message_within_s=message.number("within_s", 600),
        message_states=message.words("states", MESSAGE_STATES),
        message_opt_out=message.choice("opt_out", ("", *OPT_OUTS), default=""),
        message_marketing=message.flag("marketing"),
        min_ring_s=entry.maybe_whole("min_ring_s", 0, 600),
        max_ring_s=entry.maybe_whole("max_ring_s", 0, 600),
    )


def _duty(topic: str) -> Callable[[Section, Common], Rule]:
    def read(entry: Section, common: Common) -> Rule:
        free = entry.rest_of_it()
        for key in free:
            for near in get_close_matches(key, Common.__annotations__, n=1, cutoff=_LIKE):
                entry.refuse(key, f"is not known, but {near!r} is; write that, or another name")
        says = {key: _words(value) for key, value in free.items()}
        if not says:
            entry.refuse_whole("says nothing; give it a key of its own besides the common ones")
        return Duty(**common, topic=topic, says=says)

    return read


def _words(value: object) -> str:
    """Return a free value as its reader wants it: one line, no braces."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case {"kind": str(kind), "n": int(n), **rest} if not rest:
            return f"{n} {kind.replace('_', ' ')}"
        case {"kind": str(kind), **rest} if not rest:
            return kind.replace("_", " ")
        case dict():
            return "; ".join(
                f"{key.replace('_', ' ')}: {_words(one)}" for key, one in value.items()
            )
        case _:
            return str(value)


KINDS: Mapping[str, Callable[[Section, Common], Rule]] = {
    "hours": _hours,
    "abandonment": _abandonment,
    "cap": _cap,
    "cooldown": _cooldown,
    "registry": _registry,
    "consent": _consent,
    **{topic: _duty(topic) for topic in DUTIES},
}
"""The kinds of rules, by the name of their tables, and what reads each."""
