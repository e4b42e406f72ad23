"""Which candidates to label next: the doubtful ones, unlike each other, and some of which the judge is sure."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ivea_fiji.training.next_labels import next_labels


def kinds(n: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return candidates of five kinds far apart, 0 much commoner than the others, and their measures."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(5, n, p=[0.8, 0.05, 0.05, 0.05, 0.05])
    centres = rng.normal(0, 5, (5, 12))
    return kind, (centres[kind] + rng.normal(0, 0.3, (n, 12))).astype(np.float32)


def test_the_most_doubtful_of_equals_comes_first() -> None:
    chance = np.array([0.02, 0.97, 0.55, 0.3])
    order = next_labels(chance, np.zeros((4, 3), np.float32), np.zeros(4, bool))
    assert order[0] == 2
    assert sorted(order) == [0, 1, 2, 3]


def test_ten_in_a_row_are_not_of_one_kind() -> None:
    for seed in range(5):
        kind, measures = kinds(400, seed)
        order = next_labels(np.full(400, 0.5), measures, np.zeros(400, bool), count=10)
        assert len(set(kind[order].tolist())) >= 4
        assert (kind[order] != 0).sum() >= 3  # drawn by chance, they would be 2 on average


def test_what_is_like_a_labelled_one_waits() -> None:
    kind, measures = kinds(400)
    labelled = np.zeros(400, bool)
    labelled[np.flatnonzero(kind == 0)[:20]] = True
    labelled[np.flatnonzero(kind == 1)[:2]] = True
    order = next_labels(np.full(400, 0.5), measures, labelled, count=3)
    assert set(kind[order].tolist()) == {2, 3, 4}
    everything = next_labels(np.full(400, 0.5), measures, labelled)
    assert sorted(everything.tolist()) == np.flatnonzero(~labelled).tolist()


def test_some_are_confident_events() -> None:
    _, measures = kinds(300, seed=1)
    chance = np.where(np.arange(300) % 3 == 0, 0.97, 0.5)
    order = next_labels(chance, measures, np.zeros(300, bool), count=20)
    assert (chance[order] > 0.9).sum() >= 5
    assert (chance[order] < 0.9).sum() >= 10


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    measures, chance, none = np.zeros((50, 4), np.float32), np.full(50, 0.5), np.zeros(50, bool)
    first, again, other = (next_labels(chance, measures, none, seed).tolist() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("count", [0, 3, None])
def test_as_many_as_are_wanted_and_there(count: int | None) -> None:
    labelled = np.array([True, False, True, False, False, True])
    order = next_labels(np.linspace(0, 1, 6), np.full((6, 2), np.nan, np.float32), labelled, count=count)
    assert len(order) == (3 if count is None else count)
    assert not labelled[order].any()
    assert len(next_labels(np.zeros(0), np.zeros((0, 2), np.float32), np.zeros(0, bool))) == 0
    assert len(next_labels(np.ones(2), np.zeros((2, 2), np.float32), np.ones(2, bool))) == 0
