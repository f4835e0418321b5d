"""Telephone numbers a second: many at once against phonenumbers text by text.

    python bench/phones.py [--numbers 1000000] [--rounds 5]

Numbers of twelve countries in mixed spellings, 3 % of them wrong. Every round makes a new
reader, and so pays again for what a reader learns. The one by one side reads a sample of
the same texts in the same round; every text of the sample must get the same verdict.
"""

import argparse
import os
import random
import statistics
import time

from spellings import spelt

from leads.phone import parse_phone
from leads.phones import PhoneReader

_BATCH = 20_000
_SAMPLE = 5000


def main() -> None:
    """Measure both in turns, and print the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--numbers", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    chance = random.Random(1)
    texts = [spelt(chance) for _ in range(given.numbers)]
    sample = texts[:_SAMPLE]
    many: list[float] = []
    single: list[float] = []
    for _ in range(given.rounds):
        reader = PhoneReader(region="NO")
        started = time.perf_counter()
        found = [reader.read(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        many.append((time.perf_counter() - started) / len(texts))
        started = time.perf_counter()
        expected = [parse_phone(text, region="NO") for text in sample]
        single.append((time.perf_counter() - started) / len(sample))
        assert expected == found[0][: len(sample)], "the verdicts differ"
    fast, slow = statistics.median(many), statistics.median(single)
    print(f"many at once  {fast * 1e6:6.2f} us a number")
    print(f"one by one    {slow * 1e6:6.2f} us a number")
    print(f"ratio         {slow / fast:6.1f}   load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
