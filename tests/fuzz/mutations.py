"""Texts that nobody meant: good ones with pieces cut out, doubled, moved, and hostile ones put in.

How many are tried: 100 of each kind, or what FUZZ_EXAMPLES says (`make fuzz`).
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))

HOSTILE = (
    "\r\n", "\r\n\r\n", "\n", "\0", "'", '"', "''", "\\", "%", "--", ";", "&", "|", ",", "=", "[", "]", "{", "}",
    "(", ")", "#", "${SHELL(id)}", "$[1+1]", "'; DROP TABLE leads; --", "\ufeff", "\u2028", "\u202e", "🙂", "²",
    "٣", "\x85", "1e999", "nan", "-inf", "9" * 400, "9" * 5000, "=1+1", "x" * 10_000, "Event: Hangup", "true",
    '"""', "\t",
)  # fmt: skip
"""What has steered, ended or broken a reader somewhere."""


def fuzzed(share: float = 1.0) -> Callable[[Any], Any]:
    """Return the settings of a fuzz test; `share` of the usual number for one that is slow."""
    return settings(
        max_examples=max(5, int(EXAMPLES * share)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[str], *, hostile: Sequence[str] = HOSTILE) -> str:
    """Give a seed with up to eight changes."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 8))):
        begin, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        end = min(end, begin + draw(st.sampled_from([0, 1, 8, 200])))
        put = draw(
            st.one_of(
                st.just(""),
                st.just(text[begin:end] * 2),
                st.sampled_from(hostile),
                st.text(max_size=5),
                st.sampled_from(text.split() or [""]),
            )
        )
        text = text[:begin] + put + text[end:]
    return text


@st.composite
def mutated_bytes(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Give a file's bytes with up to eight changes."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 8))):
        begin = draw(st.integers(0, len(data)))
        end = begin + draw(st.sampled_from([0, 1, 4, 64]))
        data = data[:begin] + draw(st.binary(max_size=8)) + data[end:]
    return data
