"""What a disposition leads to, held against what really follows; and the words that are shown."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.definition import read_definition
from campaigns.dispositions import BUILT_IN, DEFINITIONS, MOST_SHOWN
from campaigns.effects import Effect, EffectKind, effect_of
from campaigns.model import (
    Campaign,
    Disposition,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.retry import FINAL_KINDS, next_try
from tests.unit.campaigns.examples import campaign, utc
from tests.unit.campaigns.test_questions import HEAD

K = DispositionKind
NOON = utc("2026-12-01T11:00")
HOUR = timedelta(hours=1)


def word(kind: DispositionKind, code: str = "") -> Disposition:
    return Disposition(code=code or kind.value, kind=kind, label="x")


def effect(kind: DispositionKind, own: Retry | None = None, **rules: object) -> Effect:
    entries = {} if own is None else {kind.value: own}
    return effect_of(campaign(retry_dispositions=entries, **rules), word(kind))


# -- in the end as the retries have it -------------------------------------------------------

ENDS = st.sampled_from([None, MoveTo("summer"), GiveUp("not_there")])
ENTRIES = st.builds(
    Retry,
    after=st.integers(15, 9999).map(lambda n: timedelta(minutes=n)),
    max=st.integers(1, 4),
    factor=st.sampled_from([1.0, 2.0]),
    other_daypart=st.booleans(),
    other_number=st.booleans(),
    then=ENDS,
)
STATES = {
    EffectKind.FINAL: {LeadState.DONE},
    EffectKind.RETRY: {LeadState.WAITING},
    EffectKind.CALLBACK: {LeadState.CALLBACK},
    EffectKind.DO_NOT_CALL: {LeadState.SUPPRESSED},
    EffectKind.DECEASED: {LeadState.DONE},
    EffectKind.LANGUAGE: {LeadState.WAITING},
}


@given(
    kind=st.sampled_from([*K]),
    own=ENTRIES | st.none(),
    no_answer=ENTRIES | st.none(),
    most=st.integers(1, 6),
    numbers=st.integers(0, 2),
    code=st.sampled_from(["", "own_word"]),
)
def test_what_is_told_is_what_follows(
    kind: K, own: Retry | None, no_answer: Retry | None, most: int, numbers: int, code: str
) -> None:
    chosen = word(kind, code)
    if kind in FINAL_KINDS | {K.WRONG_NUMBER}:
        own = None  # the reader of campaign files lets no other through
    rules = campaign(
        retry={} if no_answer is None else {Outcome.NO_ANSWER: no_answer},
        retry_dispositions={} if own is None else {chosen.code: own},
        max_attempts=most,
    )
    told = effect_of(rules, chosen)
    wrong = kind is K.WRONG_NUMBER
    numbers = numbers if wrong else max(numbers, 1)
    then = next_try(
        rules,
        [
            PastAttempt(
                lead_id=1,
                outcome=Outcome.CONNECTED,
                ended_at=NOON,
                disposition=kind,
                code=chosen.code,
                callback_at=NOON + 9 * HOUR if kind is K.CALLBACK else None,
                position=0 if wrong else 1,  # its link to the person has ended
                language="pl" if kind is K.LANGUAGE else None,
            )
        ],
        lead_id=1,
        zones=("Europe/Oslo",),
        numbers=numbers,
    )
    if wrong:
        assert told.kind is EffectKind.WRONG_NUMBER
        assert then.callable is (numbers > 0 and most > 1)
        return
    assert then.state in STATES[told.kind], (told, then)
    assert then.callable is (
        told.kind in {EffectKind.RETRY, EffectKind.CALLBACK, EffectKind.LANGUAGE}
    )
    if told.retry is not None and not told.retry.other_daypart:
        assert then.at == NOON + max(told.retry.after, timedelta(minutes=15))
    assert (then.then_campaign or "") in told.sentence
    assert told.twice is (kind is K.DECEASED)


def test_a_language_that_nobody_told_is_final() -> None:
    attempt = PastAttempt(
        lead_id=1, outcome=Outcome.CONNECTED, ended_at=NOON, disposition=K.LANGUAGE
    )
    assert next_try(campaign(), [attempt], lead_id=1).state is LeadState.DONE
    assert "final if you name none" in effect(K.LANGUAGE).sentence


# -- the sentences ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "own", "sentence"),
    [
        (K.SUCCESS, None, "Final: this campaign does not call them again."),
        (K.NO_CONTACT, None, "Called again after 4 hours, 4 times at most in all."),
        (
            K.NO_CONTACT,
            Retry(after=HOUR, max=3, factor=2.0, other_daypart=True, then=MoveTo("summer")),
            "Called again after 1 hour, then after longer and longer, in another part of the day, "
            "3 times at most in all; then the person goes on in summer.",
        ),
        (
            K.PARTIAL,
            Retry(after=timedelta(days=2), max=1, then=GiveUp("not_there")),
            "Final: the person is given up (not there).",
        ),
        (K.CALLBACK, None, "Somebody calls at the time you agree on, even if it was the last try."),
    ],
)
def test_the_sentence_tells_when_and_how_often(kind: K, own: Retry | None, sentence: str) -> None:
    assert effect(kind, own).sentence == sentence


# -- which words are shown -------------------------------------------------------------------


def read(*words: str) -> Campaign | tuple[object, ...]:
    return read_definition(HEAD + "".join(f"[[dispositions]]\n{one}\n" for one in words))


def shown(*words: str) -> list[str]:
    found = read(*words)
    assert isinstance(found, Campaign), found
    return [one.code for one in found.dispositions if not one.hidden]


def test_a_campaign_that_names_none_shows_ten_and_has_all() -> None:
    assert shown() == [
        "success", "refusal", "callback", "wrong_number", "do_not_call", "no_contact",
        "left_message", "deceased", "language", "hostile",
    ]  # fmt: skip
    assert "completed" in shown('code = "completed"')


def test_more_than_a_dozen_are_refused_with_what_to_do() -> None:
    own = [f'code = "own_{n}"\nkind = "success"' for n in range(3)]
    assert len(shown(*own[:2])) == MOST_SHOWN
    problems = read(*own)
    assert isinstance(problems, tuple)
    (problem,) = problems
    assert str(problem).startswith("dispositions: 13 would be shown to agents (success, refusal,")
    assert "hidden = true" in str(problem)
    assert len(shown(*own, 'code = "hostile"\nhidden = true')) == MOST_SHOWN


def test_each_kind_has_a_definition_and_a_word_of_its_own_may_have_another() -> None:
    assert DEFINITIONS.keys() == {*K}
    assert all(one.definition == DEFINITIONS[one.kind] for one in BUILT_IN)
    found = read(
        'code = "sale"\nkind = "success"\ndefinition = "They ordered."\nform = "order"',
        'code = "refusal"\nlabel = "No"\n[order.fields]\nname = { type = "text" }',
    )
    assert isinstance(found, Campaign)
    by_code = {one.code: one for one in found.dispositions}
    assert (by_code["sale"].definition, by_code["sale"].form) == ("They ordered.", "order")
    assert by_code["refusal"].definition == DEFINITIONS[K.REFUSAL]
