"""Gaussian suppression, Eq 10-11, by hand and by its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivea_fiji.events.suppression import MAX_SIGMA, suppress, time_spread


def marked(rows: list[tuple[float, ...]], sigma: float = 2, tau: float = 8, sr: float = 1) -> list[bool]:
    """Return the repeats among rows of frame, y, x and weight."""
    frame, y, x, weight = np.array(rows, float).reshape(-1, 4).T
    n = len(rows)
    return suppress(frame, y, x, weight, np.full(n, sigma), np.full(n, tau), sr).tolist()


def cover(distance: float, wait: float, sigma: float = 2, tau: float = 8, sr: float = 1) -> float:
    """Return by how much a kept event covers another (Eq 10)."""
    return float(np.exp(-(distance**2) / (2 * (sigma + sr) ** 2)) * np.exp(-(wait**2) / (2 * tau**2)))


@pytest.mark.parametrize(("distance", "wait"), [(5.5, 0), (4, 5), (5.1, -3), (3.5, 9), (0, 10), (2, -12)])
def test_equation_10_decides(distance: float, wait: float) -> None:
    limit = 10 * cover(distance, wait)
    strong = (50, 20, 20, 10)
    assert marked([strong, (50 + wait, 20, 20 + distance, limit * 0.99)]) == [False, True]
    assert marked([strong, (50 + wait, 20, 20 + distance, limit * 1.01)]) == [False, False]


def test_event_spread_widens_the_cloud() -> None:
    rows = [(50, 20, 20, 10), (50, 20, 26, 10 * cover(6, 0, sr=2) * 0.99)]
    assert marked(rows, sr=1) == [False, False]
    assert marked(rows, sr=2) == [False, True]


def test_one_site_holds_one_event_however_strong() -> None:
    assert marked([(50, 20, 20, 10), (53, 20, 25, 9.999)], sigma=0.1, tau=0.1, sr=0) == [False, True]
    assert marked([(50, 20, 20, 10), (54, 20, 20, 9.999)], sigma=0.1, tau=0.1, sr=0) == [False, False]
    assert marked([(50, 20, 20, 10), (50, 20, 25.1, 9.999)], sigma=0.1, tau=0.1, sr=0) == [False, False]


def test_rise_and_fall_of_a_slow_cloud_are_one_event() -> None:
    # Both change by the same, so that no Gaussian of the one covers the other; the time of the site does.
    at = np.array([50.0, 57.0])
    same, spread = np.full(2, 20.0), np.full(2, 2.0)
    weight = np.array([10, 9.999])
    assert suppress(at, same, same, weight, spread, 4 * spread, 1.0, 9.0).tolist() == [False, True]
    assert suppress(at, same, same, weight, spread, 4 * spread, 1.0, 6.0).tolist() == [False, False]
    # Beside the site the time alone says nothing.
    assert suppress(at, same + (0, 5.1), same, weight, spread, 4 * spread, 1.0, 9.0).tolist() == [False, False]


def test_of_equals_one_stays() -> None:
    assert sum(marked([(50, 20, 20, 10)] * 4)) == 3
    assert marked([(51, 20, 20, 10), (50, 20, 20, 10)]) == [True, False]


def test_a_repeat_suppresses_nothing() -> None:
    # 5 is covered by 10 and would cover 2; 10 is too far away for that.
    rows = [(50, 20, 20, 10), (50, 20, 25.2, 2.2), (50, 20, 30.4, 0.45)]
    assert 2.2 < 10 * cover(5.2, 0)
    assert 0.45 < 2.2 * cover(5.2, 0)
    assert 0.6 > 10 * cover(9, 0)
    assert marked(rows) == [False, True, False]


def test_far_clouds_cover_nothing() -> None:
    # Below 5 % of its height a Gaussian is cut off, so that the faintest event far away stays.
    assert marked([(50, 20, 20, 1e9), (50, 20, 20 + 3 * 3, 1)]) == [False, False]


def test_a_crowd_is_no_cloud() -> None:
    wide = [(50, 20, 20, 10), (50, 20, 35, 1)]
    assert marked(wide, sigma=40) == marked(wide, sigma=MAX_SIGMA) == [False, False]


@pytest.mark.parametrize("rows", [[], [(1, 2, 3, 4)]])
def test_none_and_one(rows: list) -> None:
    assert marked(rows) == [False] * len(rows)


detections = st.lists(
    st.tuples(st.integers(0, 40), st.floats(0, 30), st.floats(0, 30), st.floats(0.1, 20)), min_size=1, max_size=30
)


@given(detections, st.floats(0.5, 6), st.floats(0, 20), st.floats(0, 4))
@settings(max_examples=60, deadline=None)
def test_properties(rows, sigma: float, tau: float, sr: float) -> None:
    repeat = np.array(marked(rows, sigma, tau, sr))
    weight = np.array([r[3] for r in rows])
    assert not repeat[weight == weight.max()].all()  # a strongest one stays
    kept = [r for r, gone in zip(rows, repeat, strict=True) if not gone]
    assert not any(marked(kept, sigma, tau, sr))  # doing it twice changes nothing
    for row, gone in zip(rows, repeat, strict=True):  # every repeat has its reason
        if gone:
            assert any(
                k[3] >= row[3] and (row[3] < k[3] * cover(np.hypot(k[1] - row[1], k[2] - row[2]), k[0] - row[0],
                                                          min(sigma, MAX_SIGMA), max(tau, 1e-6), max(sr, 1e-9)) + 1e-9
                                    or (np.hypot(k[1] - row[1], k[2] - row[2]) <= 5 and abs(k[0] - row[0]) <= 3))
                for k in kept
            )


@given(detections, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_of_the_input_does_not_matter(rows, random) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)
    kept, other = (sorted(r for r, gone in zip(some, marked(some), strict=True) if not gone)
                   for some in (rows, shuffled))
    assert kept == other


@given(detections)
@settings(max_examples=30, deadline=None)
def test_clouds_of_their_own_sizes(rows) -> None:
    """The neighbour search is only a short cut: a plain double loop gives the same."""
    frame, y, x, weight = np.array(rows, float).T
    rng = np.random.default_rng(len(rows))
    sigma, tau = rng.uniform(0.3, 6, len(rows)), rng.uniform(0.5, 20, len(rows))
    repeat = np.zeros(len(rows), bool)
    order = sorted(range(len(rows)), key=lambda k: (-weight[k], frame[k], y[k], x[k]))
    for place, j in enumerate(order):
        for i in order[place + 1 :]:
            d, t = np.hypot(y[i] - y[j], x[i] - x[j]), abs(frame[i] - frame[j])
            c = cover(d, t, min(sigma[j], MAX_SIGMA), tau[j], 1.5)
            if not repeat[j] and ((d**2 <= 25 and t <= 3) or weight[i] < weight[j] * (c if c >= 0.05 else 0)):
                repeat[i] = True
    np.testing.assert_array_equal(suppress(frame, y, x, weight, sigma, tau, 1.5), repeat)


def test_time_spread_by_hand() -> None:
    sigma = np.array([1.0, 3.0, 100.0])
    np.testing.assert_allclose(time_spread(sigma, 4), [4, 12, 16])
    np.testing.assert_allclose(time_spread(sigma, 4, 7.5), [7.5] * 3)
    np.testing.assert_allclose(time_spread(sigma[:1], 4, 0, 0.1), [4])
    np.testing.assert_allclose(time_spread(sigma[:1], 4, 0, 0.15), [4 / 1.5])
    np.testing.assert_allclose(time_spread(sigma[:1], 4, 0, 0.001), [8])
    np.testing.assert_allclose(time_spread(sigma[:1], 4, 0, 60), [2])
