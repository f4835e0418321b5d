"""What proves who an agent is can be read out, typed sloppily, and not be guessed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.tokens import SECRET_BYTES, hash_of, token_of

secrets = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)


def test_a_token_holds_eighty_bits():
    assert SECRET_BYTES * 8 >= 80


@given(secrets)
def test_a_token_is_four_groups_of_signs_that_nobody_takes_for_one_another(secret: bytes):
    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}", token_of(secret))


@given(secrets, secrets)
def test_two_secrets_never_give_one_token(one: bytes, other: bytes):
    assert (token_of(one) == token_of(other)) is (one == other)


@given(secrets, st.sampled_from(["", " ", "-", " - "]))
def test_a_token_is_read_however_its_groups_are_written(secret: bytes, between: str):
    token = token_of(secret)
    typed = f" {between.join(token.split('-')).lower()}\n"
    assert hash_of(typed) == hash_of(token) is not None


@given(secrets)
def test_what_is_kept_does_not_tell_the_token(secret: bytes):
    kept = hash_of(token_of(secret))
    assert kept is not None
    assert re.fullmatch("[0-9a-f]{64}", kept)


@pytest.mark.parametrize(
    "typed",
    ["", "K7QF", "K7QF-2MZD-XW4H-9BT", "K7QF-2MZD-XW4H-9BTRR", "K7QF-2MZD-XW4H-9BT0",
     "I7QF-2MZD-XW4H-9BTR", "O7QF-2MZD-XW4H-9BTR", "17QF-2MZD-XW4H-9BTR", "K7QF_2MZD-XW4H-9BTR"],
)  # fmt: skip
def test_what_cannot_be_a_token_is_none(typed: str):
    assert hash_of(typed) is None
