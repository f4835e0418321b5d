"""The whole base is read for suspected duplicates, and nothing is merged by it."""

from sqlalchemy import Engine

from campaigns.erasure import erase
from leads import store
from leads.db import reading, writing
from leads.duplicates import Suspicion
from leads.suspects import suspected
from tests.db.people import NOON, import_text, lead_id_of

PEOPLE = """Navn;Telefon;Postnr
Ola Nordmann;22448201;0155
Kari Nordmann;22448201;0155
Per Hansen;22448202;0155
Ann Lee;22448203;5003
"""
OTHERS = """Navn;Telefon;PLZ
Nordmann Olaf;22448204;0155
P. Hansen;22448205;0155
Lee, Anne;22448203;5003
"""


def found(base: Engine, list_name: str | None = None, **more: int) -> tuple[Suspicion, ...]:
    shares: list[float] = []
    with reading(base) as connection:
        one = store.list_named(connection, list_name) if list_name else None
        pairs = suspected(
            connection,
            list_id=one.list_id if one else None,
            min_score=more.get("min_score", 80),
            limit=more.get("limit", 50),
            progress=shares.append,
        )
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    return pairs


def names(pairs: tuple[Suspicion, ...]) -> list[tuple[str | None, str | None]]:
    return [(pair.first.name, pair.second.name) for pair in pairs]


def test_two_spellings_are_found_the_surest_first(base: Engine) -> None:
    import_text(base, PEOPLE)
    import_text(base, OTHERS, "germany")
    pairs = found(base)
    assert names(pairs) == [("Ann Lee", "Lee, Anne"), ("Ola Nordmann", "Nordmann Olaf")]
    assert pairs[0].score > pairs[1].score
    assert names(found(base, limit=1)) == [("Ann Lee", "Lee, Anne")]
    assert found(base, min_score=99) == ()
    with reading(base) as connection:
        assert store.count(connection).leads == 7


def test_only_pairs_with_somebody_of_the_list(base: Engine) -> None:
    import_text(base, PEOPLE)
    import_text(base, OTHERS, "germany")
    import_text(base, "Navn;Telefon\nTom Ek;22448206\n", "sweden")
    assert len(found(base, "germany")) == 2
    assert found(base, "sweden") == ()


def test_whoever_was_erased_is_nobody_to_compare_with(base: Engine) -> None:
    assert found(base) == ()
    import_text(base, PEOPLE)
    import_text(base, OTHERS, "germany")
    with writing(base) as connection:
        erase(connection, lead_id_of(base, "Lee, Anne"), now=NOON)
    assert names(found(base)) == [("Ola Nordmann", "Nordmann Olaf")]
