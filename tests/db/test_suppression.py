"""Do-not-call entries: how far each reaches, and that none is ever lost."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from leads import suppression
from leads.db import reading, writing
from leads.model import E164, Suppression, SuppressionScope

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ASE, PER, KARI = E164("+4722448200"), E164("+4722448201"), E164("+4722448202")


def wish(e164: E164, scope: SuppressionScope = SuppressionScope.ALL, name: str = "") -> Suppression:
    return Suppression(subject=e164, scope=scope, scope_name=name, reason="asked")


def add(base: Engine, entry: Suppression) -> bool:
    with writing(base) as connection:
        return suppression.add(connection, entry, source="command", now=NOW)


def remove(base: Engine, entry: Suppression, now: datetime = NOW) -> bool:
    with writing(base) as connection:
        return suppression.remove(
            connection, entry.subject, entry.scope, entry.scope_name, reason="mistake", now=now
        )


def applying(base: Engine, *e164s: str, seller: str = "S", campaign: str = "C") -> set[str]:
    with reading(base) as connection:
        found = suppression.applying(
            connection,
            [(None, E164(e164), None) for e164 in e164s],
            seller=seller,
            campaign=campaign,
        )
    assert len(found) == len(e164s)
    named = {e164: entry for e164, entry in zip(e164s, found, strict=True) if entry is not None}
    assert all(entry.subject == e164 for e164, entry in named.items())
    return {*named}


def test_an_entry_is_made_once(base: Engine) -> None:
    assert add(base, wish(ASE))
    assert not add(base, wish(ASE))
    with reading(base) as connection:
        (entry,) = suppression.entries(connection, ASE)
    assert entry.suppression == wish(ASE)
    assert (entry.source, entry.created_at, entry.removed_at) == ("command", NOW, None)


def test_a_scope_reaches_as_far_as_it_says(base: Engine) -> None:
    add(base, wish(ASE))
    add(base, wish(PER, SuppressionScope.SELLER, "S"))
    add(base, wish(KARI, SuppressionScope.CAMPAIGN, "C"))
    everybody = (ASE, PER, KARI, "+4722448203")
    assert applying(base, *everybody) == {ASE, PER, KARI}
    assert applying(base, *everybody, seller="other") == {ASE, KARI}
    assert applying(base, *everybody, campaign="other") == {ASE, PER}
    assert applying(base, *everybody, seller="C", campaign="S") == {ASE}
    assert applying(base, PER) == {PER}
    assert applying(base) == set()


def test_only_a_wish_that_concerns_everybody_counts_everywhere(base: Engine) -> None:
    add(base, wish(ASE))
    add(base, wish(PER, SuppressionScope.SELLER, "S"))
    with reading(base) as connection:
        assert suppression.suppressed_everywhere(connection, [ASE, PER]) == {ASE}


def test_what_is_taken_back_is_kept_with_moment_and_reason(base: Engine) -> None:
    later = NOW + timedelta(days=1)
    add(base, wish(ASE))
    assert remove(base, wish(ASE), later)
    assert not remove(base, wish(ASE), later)
    assert applying(base, ASE) == set()
    assert add(base, wish(ASE))
    with reading(base) as connection:
        first, second = suppression.entries(connection, ASE)
        in_force = suppression.entries_in_force(connection)
    assert (first.removed_at, first.removed_reason) == (later, "mistake")
    assert (second.removed_at, in_force) == (None, (second,))


def test_taking_back_one_scope_leaves_the_others(base: Engine) -> None:
    add(base, wish(ASE))
    add(base, wish(ASE, SuppressionScope.SELLER, "S"))
    remove(base, wish(ASE))
    assert applying(base, ASE) == {ASE}
    assert applying(base, ASE, seller="other") == set()
    assert not remove(base, wish(ASE, SuppressionScope.SELLER, "other"))


def test_many_numbers_are_asked_at_once(base: Engine) -> None:
    numbers = [f"+46701740{n:03}" for n in range(600)] + [f"+4670174{n:04}" for n in range(1200)]
    add(base, wish(E164(numbers[0])))
    add(base, wish(E164(numbers[-1])))
    assert applying(base, *numbers) == {numbers[0], numbers[-1]}
