"""Why people refuse: the reasons agents choose from, and what each of them leads to; pure.

The built-in reasons are data (`refusal_reasons.toml`). A campaign file that names none has
those; one that names its own has its own only, and takes from a built-in reason of the same
code whatever it does not say itself.
"""

import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from campaigns.fields import Section
from campaigns.model import Campaign, Needs, Offer, RefusalReason
from leads.errors import UsageError
from leads.moments import written_moment
from leads.problems import Problem

_FILE = Path(__file__).with_name("refusal_reasons.toml")
_NEEDS = tuple(need.value for need in Needs)
_DAY = timedelta(days=1)


@cache
def built_in() -> tuple[RefusalReason, ...]:
    """Return the built-in reasons, in the order in which agents see them."""
    problems: list[Problem] = []
    file = Section(tomllib.loads(_FILE.read_text(encoding="utf-8")), problems)
    reasons = tuple(
        RefusalReason(
            code=entry.code("code"),
            label=entry.text("label"),
            group=group.text("group"),
            needs=Needs(entry.choice("needs", _NEEDS, default="")),
            hard=entry.flag("hard"),
            do_not_call=entry.flag("do_not_call"),
        )
        for group in file.sections("groups")
        for entry in group.sections("reasons")
    )
    file.close()
    assert not problems, problems
    return reasons


def read_reasons(file: Section, *, campaign: str) -> tuple[RefusalReason, ...]:
    """Return the reasons of a campaign file, or the built-in ones where it names none.

    Args:
        file: the whole file.
        campaign: its name; whoever refused is offered another one.
    """
    if not file.has("refusal_reasons"):
        file.expect(["refusal_reasons"])
        return built_in()
    known = {reason.code: reason for reason in built_in()}
    reasons: dict[str, RefusalReason] = {}
    for entry in file.sections("refusal_reasons"):
        code = entry.code("code")
        if code in reasons:
            entry.refuse("code", f"{code!r} is defined twice")
        plain = RefusalReason(code=code, label=code.replace("_", " ").capitalize())
        reasons[code] = _read(entry, known.get(code, plain), campaign)
    return tuple(reasons.values())


def _read(entry: Section, like: RefusalReason, campaign: str) -> RefusalReason:
    needs = Needs(entry.choice("needs", _NEEDS, default=like.needs.value))
    hard = entry.flag("hard") if entry.has("hard") else like.hard
    if like.do_not_call and not hard:
        entry.refuse("hard", f"{like.code!r} is a wish not to be called, and nothing less")
    return RefusalReason(
        code=like.code,
        label=entry.text("label", required=False) or like.label,
        group=entry.text("group", required=False) or like.group,
        needs=needs,
        hard=hard,
        do_not_call=like.do_not_call,
        offer=_offer(entry, campaign, needs=needs, hard=hard) if entry.has("offer") else None,
    )


def _offer(entry: Section, campaign: str, *, needs: Needs, hard: bool) -> Offer:
    if hard:
        entry.refuse("offer", "whoever refuses for a hard reason is offered nothing; leave it out")
    offer = entry.section("offer")
    name = offer.text("campaign")
    if name and name == campaign:
        offer.refuse("campaign", "is this campaign itself; name another one")
    if offer.has("before") and needs is not Needs.DATE:
        offer.refuse("before", 'counts from a date; add needs = "date", or use after')
    if offer.has("after") and offer.has("before"):
        offer.refuse("before", "either this or after decides when; leave one of them out")
    before = offer.rest("before") if offer.has("before") else None
    after = None if before is not None else offer.rest("after")
    offer.expect(["after"])
    return Offer(campaign=name, after=after, before=before)


def reason_named(campaign: Campaign, code: str | None) -> RefusalReason | None:
    """Return the reason of a code: the campaign's, else the built-in one, else None."""
    reasons = (*campaign.refusal_reasons, *built_in())
    return next((reason for reason in reasons if reason.code == code), None)


def by_group(reasons: Iterable[RefusalReason]) -> dict[str, list[RefusalReason]]:
    """Return reasons by their groups, both in the order in which they come first."""
    groups: dict[str, list[RefusalReason]] = {}
    for reason in reasons:
        groups.setdefault(reason.group, []).append(reason)
    return groups


def read_detail(reason: RefusalReason, detail: str | None, *, now: datetime) -> str | None:
    """Return what an agent wrote down besides a reason; a date as ISO 8601 has it.

    Args:
        reason: which one.
        detail: the agent's words; a date may come with dots and the day first.
        now: aware.

    Raises:
        UsageError: something is needed that is missing, is no date, or is past.
    """
    words = (detail or "").strip() or None
    if words is None and reason.needs is not Needs.NOTHING:
        example = "2027-03-01" if reason.needs is Needs.DATE else '"in their words"'
        what = "a date" if reason.needs is Needs.DATE else "words"
        raise UsageError(
            f"the reason {reason.code!r} ({reason.label}) needs {what}; add --detail {example}"
        )
    if words is None or reason.needs is not Needs.DATE:
        return words
    moment = written_moment(words, zone=UTC)
    if moment is None:
        raise UsageError(f"--detail {words!r} is no date; write it like 2027-03-01 or 01.03.2027")
    # Where the person is, it may still be yesterday.
    if moment.date() < now.astimezone(UTC).date() - _DAY:
        raise UsageError(f"--detail {moment:%Y-%m-%d} is past; ask for a later date")
    return moment.date().isoformat()


def offered_at(offer: Offer, detail: str | None, *, refused_at: datetime) -> datetime:
    """Return from when on somebody who refused may be called with an offer, aware UTC.

    It is never before the refusal, and a day begins at midnight UTC: at which hours people
    may be called is decided when the time has come.
    """
    refused_at = refused_at.astimezone(UTC)
    if offer.before is None or detail is None:
        return refused_at + (offer.after or timedelta())
    day = datetime.combine(date.fromisoformat(detail), time.min, UTC)
    return max(refused_at, day - offer.before)
