"""How probabilities follow the share of events in a movie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivea_fiji.events.prior import adapt_to_movie

SHARE = 0.02


def answers(*chances: float) -> np.ndarray:
    """Return rows of two event and one artefact class; the events share their chance 3 to 1."""
    chance = np.array(chances)
    return np.column_stack([0.75 * chance, 0.25 * chance, 1 - chance]).astype(np.float32)


def chance(rows: np.ndarray) -> np.ndarray:
    return rows[:, :2].sum(axis=1)


def test_a_doubtful_answer_counts_less_where_nothing_else_happens_and_never_more() -> None:
    quiet = answers(0.6, *[0.001] * 2000)
    busy = answers(0.6, *[0.999] * 200, *[0.001] * 1800)
    assert chance(adapt_to_movie(quiet, [0, 1], SHARE))[0] < 0.25
    assert chance(adapt_to_movie(busy, [0, 1], SHARE))[0] == pytest.approx(0.6)


def test_a_movie_as_usual_changes_nothing() -> None:
    usual = answers(0.6, 0.3, *[1.0] * 199, *[0.0] * 9754)
    after = adapt_to_movie(usual, [0, 1], 199.9 / 9955)
    assert np.allclose(chance(after)[:2], (0.6, 0.3), atol=0.01)


def test_few_candidates_say_little() -> None:
    alone = adapt_to_movie(answers(0.7), [0, 1], SHARE)
    assert 0.65 < chance(alone)[0] < 0.8


def test_no_share_and_no_candidates_change_nothing() -> None:
    rows = answers(0.2, 0.9)
    assert adapt_to_movie(rows, [0, 1], 0.0) is rows
    assert len(adapt_to_movie(rows[:0], [0, 1], SHARE)) == 0


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_certainty_stays(sure: float) -> None:
    assert chance(adapt_to_movie(answers(sure, *[0.5] * 50), [0, 1], SHARE))[0] == pytest.approx(sure)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.001, 0.5))
def test_order_sum_and_proportions_are_kept(chances: list[float], share: float) -> None:
    before = answers(*chances)
    after = adapt_to_movie(before, [0, 1], share)
    assert np.allclose(after.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(after[:, 0] * before[:, 1], after[:, 1] * before[:, 0], atol=1e-5)
    order = np.argsort(chance(before), kind="stable")
    assert (np.diff(chance(after)[order]) >= -1e-6).all()
