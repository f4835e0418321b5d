"""Two rows are paired in their order, so that the least is left to explain."""

from hypothesis import given
from hypothesis import strategies as st

from dialer.alignment import Aligned, align


def aligned(ours: str, theirs: str, *, excused: str = "", excused_there: str = "") -> Aligned:
    """Align letters, each like itself alone; those that are excused may be without a partner."""
    return align(
        [one not in excused for one in ours],
        [one not in excused_there for one in theirs],
        lambda a, c: None if ours[a] == theirs[c] else True,
    )


def test_what_is_alike_belongs_together() -> None:
    found = aligned("abc", "abc")
    assert found.pairs == ((0, 0), (1, 1), (2, 2))
    assert (found.alone, found.strange, found.open_pairs) == ((), (), frozenset())
    assert not found.open_differs


def test_what_is_on_one_side_only_is_found() -> None:
    assert aligned("abc", "ac").alone == (1,)
    assert aligned("ac", "abc").strange == (1,)
    assert aligned("", "a").strange == (0,)


def test_as_many_on_both_sides_are_paired_though_they_are_unlike() -> None:
    assert aligned("ab", "ba").pairs == ((0, 0), (1, 1))


def test_one_that_could_be_of_two_is_of_neither_for_certain() -> None:
    found = aligned("aa", "a")
    assert found.open_pairs == {(0, 0), (1, 0)}
    assert (found.pairs, found.alone) == ((), ())
    assert found.open_differs, "one of the two is without a partner in any case"


def test_one_that_need_not_have_a_partner_is_no_difference() -> None:
    found = aligned("ab", "b", excused="a")
    assert (found.alone, found.pairs) == ((0,), ((1, 0),))
    both = aligned("aa", "a", excused="a")
    assert both.open_pairs == {(0, 0), (1, 0)}
    assert not both.open_differs


@given(st.text("ab", max_size=6), st.text("ab", max_size=6), st.text("ab", max_size=2))
def test_nothing_is_used_twice_or_forgotten(ours: str, theirs: str, excused: str) -> None:
    found = aligned(ours, theirs, excused=excused)
    firsts = [a for a, _ in found.pairs] + [*found.alone]
    seconds = [c for _, c in found.pairs] + [*found.strange]
    opened = {a for a, _ in found.open_pairs}, {c for _, c in found.open_pairs}
    assert sorted([*firsts, *opened[0]]) == [*range(len(ours))]
    assert sorted([*seconds, *opened[1]]) == [*range(len(theirs))]
    assert list(found.pairs) == sorted(found.pairs), "both rows keep their order"


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_only_the_same_rows_have_nothing_to_explain(ours: str, theirs: str) -> None:
    found = aligned(ours, theirs)
    unlike = any(ours[a] != theirs[c] for a, c in found.pairs)
    differs = bool(found.alone or found.strange or unlike or found.open_differs)
    assert differs == (ours != theirs)
