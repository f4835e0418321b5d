"""What `campaigns update` tells before it changes a campaign."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.changes import describe_changes
from campaigns.dispositions import BUILT_IN
from campaigns.messages import Clip, KeyAction, KeyMeaning, Menu, Message, Words
from campaigns.model import (
    Callbacks,
    Campaign,
    DialMode,
    Disposition,
    DispositionKind,
    GiveUp,
    MoveTo,
    Needs,
    Offer,
    Outcome,
    Question,
    QuestionType,
    RefusalReason,
    Retry,
)
from campaigns.orders.model import Day, FieldType, OrderField, OrderForm, OrderRule
from campaigns.pace_settings import PaceSettings
from campaigns.refusals import built_in
from campaigns.scripts.settings import ScriptFiles
from tests.unit.campaigns.examples import campaign, hours, windows


def asks(text: str) -> tuple[Question, ...]:
    return (Question(key="age", text=text, type=QuestionType.NUMBER),)


GROWING = Retry(
    after=timedelta(minutes=15),
    max=3,
    factor=2.0,
    up_to=timedelta(hours=4),
    other_daypart=True,
    other_number=True,
    then=MoveTo("letters"),
)


DUE = OrderField(
    key="due",
    type=FieldType.MONEY,
    label="Due",
    required=True,
    low=Decimal(0),
    high=Decimal("99.50"),
)
FORM = OrderForm(fields=(DUE,), rules=(OrderRule(then="due > 3", text="More."),), currency="NOK")


def test_nothing_changed_is_nothing_told() -> None:
    assert describe_changes(campaign(), campaign()) == ()


def test_the_built_in_reasons_stand_in_no_file() -> None:
    assert describe_changes(campaign(), campaign(refusal_reasons=built_in())) == ()


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"ring_s": 25}, {"ring_s": 30}, ["dialing.ring_s: 25 -> 30"]),
        ({"seller": "A"}, {"seller": "B"}, ['seller: "A" -> "B"']),
        (
            {"mode": DialMode.PREDICTIVE, "pace": PaceSettings(soft_limit=0.02)},
            {"mode": DialMode.RATIO, "pace": PaceSettings(ratio=1.5)},
            [
                'mode: "predictive" -> "ratio"',
                "dialing.soft_limit: 0.02 -> none",
                "dialing.ratio: none -> 1.5",
            ],
        ),
        ({}, {"consent": ("recording",)}, ['consent: none -> ["recording"]']),
        ({"ends": None}, {"ends": date(2026, 12, 20)}, ["ends: none -> 2026-12-20"]),
        ({"lists": ("a",)}, {"lists": ("a", "b")}, ['lists: ["a"] -> ["a", "b"]']),
        ({"where": None}, {"where": 'a = "b"'}, ['where: none -> "a = \\"b\\""']),
        ({"script": ScriptFiles(file="a.md")}, {"script": None}, ['script.file: "a.md" -> none']),
        (
            {"script": ScriptFiles(file="a.md", language="en", about="your bill")},
            {
                "script": ScriptFiles(
                    file="a.md", languages={"nb": "b.md"}, about="it", about_in={"nb": "det"}
                )
            },
            [
                'script.language: "en" -> none',
                'script.about: "your bill" -> "it"',
                'script.languages.nb: none -> "b.md"',
                'script.about_in.nb: none -> "det"',
            ],
        ),
        (
            {"hours": hours({0: windows("10:00-20:00")})},
            {"hours": hours({0: windows("10:00-12:00", "13:00-24:00")})},
            ["hours.mon: 10:00-20:00 -> 10:00-12:00, 13:00-24:00"],
        ),
        (
            {"retry": {Outcome.BUSY: Retry(after=timedelta(minutes=15), max=3)}},
            {"retry": {Outcome.BUSY: Retry(after=timedelta(hours=36), max=3)}},
            ["retry.busy: after 15m, at most 3 -> after 36h, at most 3"],
        ),
        (
            {"retry": {Outcome.BUSY: GROWING}},
            {"retry": {Outcome.BUSY: replace(GROWING, factor=1.5, then=GiveUp("no_luck"))}},
            [
                "retry.busy: after 15m, at most 3, growth 2.0, up_to 4h, other_daypart,"
                ' other_number, then campaign "letters" -> after 15m, at most 3, growth 1.5,'
                ' up_to 4h, other_daypart, other_number, then give_up "no_luck"'
            ],
        ),
        (
            {},
            {"retry_dispositions": {"language": Retry(after=timedelta(days=1), max=2)}},
            ["retry.disposition.language: none -> after 1d, at most 2"],
        ),
        (
            {"questions": asks("How old?")},
            {"questions": asks("Your age?")},
            ['questions.age: number, "How old?" -> number, "Your age?"'],
        ),
        (
            {},
            {"refusal_reasons": (RefusalReason(code="price", label="Too dear"),)},
            ["refusal_reasons: none -> price", 'refusal_reasons.price: none -> "Too dear"'],
        ),
        (
            {"refusal_reasons": (RefusalReason(code="price", label="Too dear"),)},
            {
                "refusal_reasons": (
                    RefusalReason(
                        code="price",
                        label="Too dear",
                        group="price",
                        needs=Needs.DATE,
                        offer=Offer(campaign="budget", before=timedelta(days=60)),
                    ),
                )
            },
            [
                'refusal_reasons.price: "Too dear" -> "Too dear", group "price", needs date, '
                'offer "budget" 60d before'
            ],
        ),
        (
            {"refusal_reasons": (RefusalReason(code="price", label="Too dear", hard=True),)},
            {
                "refusal_reasons": (
                    RefusalReason(
                        code="price",
                        label="Too dear",
                        offer=Offer(campaign="budget", after=timedelta(hours=36)),
                    ),
                )
            },
            ['refusal_reasons.price: "Too dear", hard -> "Too dear", offer "budget" after 36h'],
        ),
        (
            {},
            {"order": FORM},
            [
                "order.fields: none -> due",
                'order.currency: none -> "NOK"',
                'order.fields.due: none -> money, "Due", required, min 0, max 99.5',
                'order.rules[1]: none -> then "due > 3", text "More."',
            ],
        ),
        (
            {"order": FORM},
            {"order": replace(FORM, fields=(replace(DUE, only_if="due is known"),), rules=())},
            [
                'order.fields.due: money, "Due", required, min 0, max 99.5 -> money, "Due", '
                'required, min 0, max 99.5, only_if "due is known"',
                'order.rules[1]: then "due > 3", text "More." -> none',
            ],
        ),
        (
            {},
            {"callbacks": Callbacks(owned=True, grace=timedelta(hours=1))},
            ['callbacks.owner: none -> "agent"', "callbacks.grace: none -> 1h"],
        ),
    ],
)
def test_a_changed_key_is_one_line(
    old: dict[str, object], new: dict[str, object], lines: list[str]
) -> None:
    assert list(describe_changes(campaign(**old), campaign(**new))) == lines


def own(*codes: str) -> tuple[Disposition, ...]:
    return tuple(
        Disposition(
            code=code, kind=DispositionKind.SUCCESS, label=code.title(), hidden=len(code) > 4
        )
        for code in codes
    )


VARIANTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b"]),
        "lists": st.sampled_from([("a, b",), ("a", "b"), ("b", "a")]),
        "mode": st.sampled_from([DialMode.MANUAL, DialMode.BROADCAST]),
        "where": st.sampled_from([None, "a = 1", "a =\n1"]),
        "starts": st.sampled_from([None, date(2026, 1, 1)]),
        "consent": st.sampled_from([(), ("a",), ("a", "b"), ("b", "a")]),
        "hours": st.sampled_from([None, hours(windows("10:00-24:00")), hours({0: windows("00:00-24:00")})]),
        "abandon_limit": st.sampled_from([0.03, 0.02, 0.0]),
        "pace": st.sampled_from(
            [PaceSettings(), *(PaceSettings(ratio=one) for one in (1.0, 1.0000001, 10.0)),
             *(PaceSettings(soft_limit=one) for one in (0.0, 0.01, 0.0100000001))]
        ),
        "retry": st.sampled_from(
            [{}, {Outcome.BUSY: Retry(after=timedelta(seconds=90), max=1)},
             {Outcome.BUSY: Retry(after=timedelta(seconds=91), max=1)}]
            + [{Outcome.BUSY: replace(GROWING, **one)} for one in (
                {}, {"factor": 3.0}, {"up_to": None}, {"other_daypart": False},
                {"other_number": False}, {"then": None}, {"then": GiveUp("letters")},
            )]
        ),
        "retry_dispositions": st.sampled_from([{}, {"partial": GROWING}, {"language": GROWING}]),
        "message": st.sampled_from(
            [None, Message(sound="a"), Message(sound="a", keys={"1": KeyMeaning(action=KeyAction.CALLBACK)}),
             Message(sound="a", keys={"1": KeyMeaning(action=KeyAction.ANSWER, question="q", answer="y")}),
             Message(text="a"), Message(text="a", language="nb"), Message(sound="a", confirm={"": "b"}),
             Message(sound="a", confirm={"nb": "b"}), Message(sound="a", languages={"nb": Clip(text="b")}),
             Message(sound="a", languages={"nb": Clip(sound="b")}), Message(sound="a", menu=(Menu(sound="b"),)),
             Message(sound="a", menu=(Menu(text="b"),)), Message(sound="a", menu=(Menu(sound="b"), Menu(sound="b"))),
             Message(sound="a", menu=(Menu(sound="b", keys={"1": KeyMeaning(action=KeyAction.CALLBACK)}),))]
        ),
        "abandoned": st.sampled_from([None, Words(text="a"), Words(sound="a"), Words(text="a", language="nb")]),
        "questions": st.sampled_from([(), asks("a"), asks("a\nb"), asks("a b")]),
        "dispositions": st.sampled_from(
            [BUILT_IN, BUILT_IN + own("sale", "order"), BUILT_IN + own("order", "sale"),
             (*BUILT_IN[1:], replace(BUILT_IN[0], form="order"))]
        ),
        "order": st.sampled_from(
            [None, OrderForm(), FORM, replace(FORM, currency="SEK"), replace(FORM, fields=()),
             replace(FORM, rules=(OrderRule(then="due > 3", text="More.", when="due is known"),))]
            + [replace(FORM, fields=(replace(DUE, **one),)) for one in (
                {"type": FieldType.NUMBER}, {"label": "What is due"}, {"required": False},
                {"low": None}, {"low": Decimal("0.01")}, {"high": Day(timedelta(1))},
                {"high": date(2026, 1, 1)}, {"whole": True}, {"choices": ("a", "b")},
                {"choices": ("a, b",)}, {"text": "a"}, {"pattern": "a"}, {"region": "NO"},
                {"required_if": "a"}, {"only_if": "a"},
            )]
        ),
    },
)  # fmt: skip


@given(VARIANTS, VARIANTS)
def test_no_difference_is_lost_and_none_is_made_up(
    old: dict[str, object], new: dict[str, object]
) -> None:
    before: Campaign = campaign(**old)
    after = campaign(**new)
    lines = describe_changes(before, after)
    assert (before == after) == (lines == ())
    assert all("\n" not in line for line in lines)
