"""Logistic regression on traits that have levels, with ridge; pure.

The square of second derivatives is summed up by pairs of levels, so that no table of calls by
levels is ever built: a hundred thousand calls take a fraction of a second.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.int8]

_STEPS = 25
_CLOSE_ENOUGH = 1e-6
_SURE = 30.0
_LONGEST_STEP = 2.0
"""In log-odds: Newton's first steps may be wild where a level has few calls."""


def fit(
    columns: list[Codes], answered: Flags, penalty: Sequence[float] | Numbers
) -> tuple[float, list[Numbers]] | None:
    """Fit by Newton's method; calls that have all levels in common are one row.

    Args:
        columns: by trait the code of each call's level, from 1; 0: one without a weight.
        answered: 1 or 0 for each call; both are there.
        penalty: by trait how strongly its weights are drawn to zero.

    Returns:
        The constant, and by trait the weights by code, or None where it does not converge.
    """
    sizes = [int(column.max()) + 1 for column in columns]
    rows, calls, answers = _grouped(columns, sizes, answered)
    starts = np.concatenate([[1], 1 + np.cumsum(sizes)])
    width = int(starts[-1])
    ridge = np.concatenate(
        [[0.0], *(np.full(size, drawn) for size, drawn in zip(sizes, penalty, strict=True))]
    )
    weights = np.zeros(width)
    share = answers.sum() / calls.sum()
    weights[0] = np.log(share / (1 - share))
    fixed = starts[:-1]  # code 0 of each trait
    for _ in range(_STEPS):
        score = weights[0] + sum(
            weights[start + row] for start, row in zip(starts, rows, strict=False)
        )
        chance = 1.0 / (1.0 + np.exp(-np.clip(score, -_SURE, _SURE)))
        slope = _by_level(rows, sizes, answers - calls * chance) - ridge * weights
        bend = _bend(rows, sizes, starts, calls * chance * (1 - chance))
        bend[np.diag_indices(width)] += ridge
        slope[fixed] = 0.0
        bend[fixed, :] = 0.0
        bend[:, fixed] = 0.0
        bend[fixed, fixed] = 1.0
        step = np.linalg.solve(bend, slope)
        if not np.isfinite(step).all():
            return None
        weights += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _CLOSE_ENOUGH:
            of_traits = [
                weights[start : start + size] for start, size in zip(starts, sizes, strict=False)
            ]
            return float(weights[0]), of_traits
    return None


def score(fitted: tuple[float, list[Numbers]], columns: list[Codes]) -> Numbers:
    """Return the log-odds of calls; a code that was never fitted has the weight zero."""
    usual, weights = fitted
    total = np.full(len(columns[0]), usual)
    for weight, column in zip(weights, columns, strict=True):
        known = column < len(weight)
        total[known] += weight[column[known]]
    return total


def loss(log_odds: Numbers, answered: Flags) -> float:
    """Return the mean of minus the logarithm of how likely what happened was held to be."""
    return float(np.mean(np.logaddexp(0.0, np.where(answered, -log_odds, log_odds))))


def _grouped(
    columns: list[Codes], sizes: list[int], answered: Flags
) -> tuple[list[Codes], Numbers, Numbers]:
    """Return the different rows, how many calls each stands for, and how many answered."""
    groups = np.zeros(len(answered), dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        # Numbered anew after each trait: the product of all sizes may be more than a word holds.
        _, groups = np.unique(groups * size + column, return_inverse=True)
    calls: Numbers = np.bincount(groups).astype(np.float64)
    answers: Numbers = np.bincount(groups, weights=answered).astype(np.float64)
    _, first = np.unique(groups, return_index=True)
    return [column[first] for column in columns], calls, answers


def _by_level(rows: list[Codes], sizes: list[int], values: Numbers) -> Numbers:
    """Return the sum of values over all rows, and over the rows of each level."""
    sums = [
        np.bincount(row, weights=values, minlength=size)
        for row, size in zip(rows, sizes, strict=True)
    ]
    return np.concatenate([[values.sum()], *sums])


def _bend(rows: list[Codes], sizes: list[int], starts: Codes, values: Numbers) -> Numbers:
    """Return the sums of values over the rows of each pair of levels, as a square."""
    square = np.zeros((int(starts[-1]), int(starts[-1])))
    square[0, :] = square[:, 0] = _by_level(rows, sizes, values)
    for a, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        for b in range(a, len(rows)):
            pairs = np.bincount(
                row * sizes[b] + rows[b], weights=values, minlength=size * sizes[b]
            ).reshape(size, sizes[b])
            here = slice(starts[a], starts[a] + size)
            there = slice(starts[b], starts[b] + sizes[b])
            square[here, there] = pairs
            square[there, here] = pairs.T
    return square
