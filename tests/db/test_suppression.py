"""Do-not-call entries: how far each reaches, and that none is ever lost."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, event, select

from leads import suppression
from leads.db import reading, writing
from leads.model import E164, Suppression, SuppressionKind, SuppressionScope
from leads.tables import secrets, suppressions

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


# -- prefixes, people, and many at once --------------------------------------------------------


def prefix(
    subject: str, scope: SuppressionScope = SuppressionScope.ALL, name: str = ""
) -> Suppression:
    return Suppression(subject=subject, scope=scope, scope_name=name, kind=SuppressionKind.PREFIX)


def everywhere(base: Engine, *e164s: str) -> set[str]:
    with reading(base) as connection:
        return suppression.suppressed_everywhere(connection, map(E164, e164s))


def test_a_prefix_reaches_every_number_that_begins_so(base: Engine) -> None:
    add(base, prefix("+472244"))
    add(base, prefix("+4681", SuppressionScope.SELLER, "S"))
    numbers = ("+4722448200", "+4722", "+4722430000", "+46811111111", "+4681")
    with reading(base) as connection:
        people = [(None, E164(number), None) for number in numbers]
        found = suppression.applying(connection, people, seller="S", campaign="C")
    assert [entry and entry.subject for entry in found] == [
        "+472244", None, None, "+4681", "+4681",
    ]  # fmt: skip
    assert everywhere(base, *numbers) == {"+4722448200"}
    with reading(base) as connection:
        (entry,) = suppression.entries(connection, ASE)
        assert entry.suppression.kind is SuppressionKind.PREFIX
        assert suppression.entries(connection, E164("+4722")) == ()


def test_an_entry_about_a_shorter_number_is_no_prefix(base: Engine) -> None:
    add(base, wish(E164("+472244")))
    assert applying(base, "+472244") == {"+472244"}
    assert everywhere(base, ASE) == set()
    with reading(base) as connection:
        assert suppression.entries(connection, ASE) == ()


def test_a_person_is_not_the_household(base: Engine) -> None:
    add(base, Suppression(subject="17", kind=SuppressionKind.LEAD))
    with reading(base) as connection:
        people = [(17, ASE, "ase"), (18, ASE, "per"), (None, ASE, None), (17, PER, "ase")]
        found = suppression.applying(connection, people, seller="S", campaign="C")
        assert [entry is not None for entry in found] == [True, False, False, True]
        assert suppression.entries(connection, ASE) == ()
        assert len(suppression.entries(connection, ASE, lead_ids=[17])) == 1
    assert everywhere(base, ASE) == set()


def test_the_oldest_entry_is_told(base: Engine) -> None:
    add(base, prefix("+4722"))
    add(base, wish(ASE))
    with reading(base) as connection:
        (entry,) = suppression.applying(connection, [(None, ASE, None)], seller="", campaign="")
    assert entry == prefix("+4722")


def test_kinds_are_taken_back_apart(base: Engine) -> None:
    add(base, prefix(ASE))
    add(base, wish(ASE))
    with writing(base) as connection:
        for kind, left in ((SuppressionKind.NUMBER, {ASE}), (SuppressionKind.PREFIX, set())):
            assert suppression.remove(
                connection, ASE, SuppressionScope.ALL, "", kind=kind, reason=None, now=NOW
            )
            assert suppression.suppressed_everywhere(connection, [ASE]) == left


# -- erased people ---------------------------------------------------------------------------------


def forget(base: Engine, lead_id: int, own: set[str], shared: set[str], name: str | None) -> None:
    with writing(base) as connection:
        suppression.forget(connection, lead_id, own, shared, {name}, now=NOW + timedelta(days=9))


def hits(base: Engine, *people: tuple[int | None, E164, str | None]) -> list[bool]:
    with reading(base) as connection:
        found = suppression.applying(connection, people, seller="S", campaign="C")
    return [entry is not None for entry in found]


def texts(base: Engine) -> str:
    with reading(base) as connection:
        return str(connection.execute(select(suppressions)).all())


def test_a_forgotten_number_is_still_not_called(base: Engine) -> None:
    add(base, wish(ASE))
    add(base, wish(ASE, SuppressionScope.SELLER, "S"))
    add(base, wish(PER))
    add(base, wish(KARI))
    remove(base, wish(KARI))
    forget(base, 17, {ASE, KARI}, {PER}, "ase")
    assert ASE not in texts(base)
    assert KARI not in texts(base), "what was taken back is forgotten too"
    assert everywhere(base, ASE, PER, KARI) == {ASE, PER}
    with reading(base) as connection:
        first, second = suppression.entries(connection, ASE)
        (taken_back,) = suppression.entries(connection, KARI)
    assert (first.suppression.reason, first.created_at) == ("asked", NOW)
    assert second.suppression.scope is SuppressionScope.SELLER
    assert (taken_back.removed_at, taken_back.removed_reason) == (NOW, "mistake")
    assert remove(base, wish(ASE)), "the wish of an erased number can be taken back"
    assert everywhere(base, ASE) == set()
    assert hits(base, (None, ASE, None)) == [True], "the seller's is in force"


def test_a_forgotten_person_is_known_by_number_and_name(base: Engine) -> None:
    add(base, Suppression(subject="17", kind=SuppressionKind.LEAD, reason="deceased"))
    forget(base, 17, {ASE}, {PER}, "ase lunde")
    assert hits(
        base,
        (99, ASE, "ase lunde"),
        (99, PER, "ase lunde"),
        (99, ASE, "per lunde"),
        (99, KARI, "ase lunde"),
        (99, ASE, None),
        (17, KARI, "somebody else"),
        (None, ASE, None),
    ) == [True, True, False, False, False, False, False]
    with reading(base) as connection:
        reasons = [entry.suppression.reason for entry in suppression.entries_in_force(connection)]
    assert reasons == ["deceased", "deceased"]


def test_forgetting_twice_does_not_trip_over_itself(base: Engine) -> None:
    for lead_id in (17, 18):
        add(base, wish(ASE))
        add(base, Suppression(subject=str(lead_id), kind=SuppressionKind.LEAD))
        forget(base, lead_id, {ASE}, set(), None)
    assert hits(base, (19, ASE, None)) == [True]
    with reading(base) as connection:
        assert len(suppression.entries_in_force(connection)) == 2


def test_nothing_to_forget_makes_no_key(base: Engine) -> None:
    add(base, wish(PER))
    forget(base, 17, {ASE}, {PER}, "ase")
    with reading(base) as connection:
        assert connection.execute(select(secrets)).all() == []


def test_hashes_differ_from_base_to_base_and_stay_in_one(base: Engine) -> None:
    with writing(base) as connection:
        first = suppression.hash_number(connection, ASE)
        assert first == suppression.hash_number(connection, ASE) != ASE
        assert first != suppression.hash_number(connection, PER)
        assert suppression.hash_lead(connection, ASE, "a") != first
        assert suppression.hash_lead(connection, ASE, None) == suppression.hash_lead(
            connection, ASE, ""
        )
        (row,) = connection.execute(select(secrets)).all()
    assert len(row.value) == 32


def test_a_hundred_thousand_numbers_cost_a_handful_of_queries(base: Engine) -> None:
    numbers = [E164(f"+46701{n:05}") for n in range(100_000)]
    add(base, wish(numbers[7]))
    add(base, prefix("+467019999"))
    add(base, wish(ASE))
    forget(base, 17, {ASE}, set(), "ase")
    asked: list[str] = []
    event.listen(base, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert everywhere(base, *numbers, ASE) == {numbers[7], ASE, *numbers[99_990:]}
    assert len([one for one in asked if one.startswith("SELECT")]) <= 3
