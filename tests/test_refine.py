"""An event is moved to the centre of what changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movie_material import spot

from ivea_fiji.events.refine import centre_of_mass

PEAK, FRAMES, SIDE = 10, 24, 17


def window(dy: float = 0, dx: float = 0, *, height: float = 100, sigma: float = 1.5, level: float = 500) -> np.ndarray:
    """Return a window in which a spot appears at the peak, off the middle by (dy, dx)."""
    out = np.full((1, FRAMES, SIDE, SIDE), level, np.float32)
    out[0, PEAK:] += height * spot((SIDE, SIDE), 8 + dy, 8 + dx, sigma)
    return out


@given(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7), st.floats(1.0, 1.8), st.sampled_from([0, 2]))
@settings(max_examples=40, deadline=None)
def test_centre_of_a_spot_between_pixels(dy: float, dx: float, sigma: float, class_id: int) -> None:
    got = centre_of_mass(window(dy, dx, sigma=sigma), PEAK, np.array([class_id]))
    np.testing.assert_allclose(got, [[dy, dx]], atol=0.2)


def test_noise_moves_it_little() -> None:
    rng = np.random.default_rng(0)
    many = np.concatenate([window(0.4, -0.3) for _ in range(50)])
    many += rng.normal(0, 10, many.shape).astype(np.float32)
    got = centre_of_mass(many, PEAK, np.zeros(50, int))
    assert np.abs(got - [0.4, -0.3]).mean() < 0.25


def test_a_vesicle_that_vanishes_is_where_it_was() -> None:
    gone = 1000 - window(0.5, -0.4)
    np.testing.assert_allclose(centre_of_mass(gone, PEAK, np.array([1])), [[0.5, -0.4]], atol=0.2)


def test_what_was_there_before_does_not_count() -> None:
    windows = window(0.5, 0)
    windows += 500 * spot((SIDE, SIDE), 6, 10, 1.2)
    np.testing.assert_allclose(centre_of_mass(windows, PEAK, np.array([0])), [[0.5, 0]], atol=0.2)


def test_nothing_that_changes_moves_nothing() -> None:
    flat = np.full((1, FRAMES, SIDE, SIDE), 7, np.float32)
    np.testing.assert_array_equal(centre_of_mass(flat, PEAK, np.array([0])), [[0, 0]])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_moves_at_most_two_pixels(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 100, (5, FRAMES, SIDE, SIDE)).astype(np.float32)
    got = centre_of_mass(noise, PEAK, np.array([0, 1, 2, 0, 1]))
    assert got.shape == (5, 2)
    assert np.abs(got).max() <= 2


def test_each_row_for_itself() -> None:
    windows = np.concatenate([window(0.5, 0), window(0, -0.5), 1000 - window(-0.5, 0.5)])
    ids = np.array([0, 2, 1])
    alone = np.concatenate([centre_of_mass(windows[k : k + 1], PEAK, ids[k : k + 1]) for k in range(3)])
    np.testing.assert_allclose(centre_of_mass(windows, PEAK, ids), alone, atol=1e-6)
    assert centre_of_mass(windows[:0], PEAK, ids[:0]).shape == (0, 2)


@pytest.mark.parametrize("first", [0, 4, 6, 8, 9])
def test_early_events_have_what_is_left_before_them(first: int) -> None:
    # A bright neighbour must not pull the centre when the frames that would show it without the event are missing.
    windows = window(0.4, 0) + 300 * spot((SIDE, SIDE), 6, 10, 1.2)
    windows[:, :first] = np.nan
    np.testing.assert_allclose(centre_of_mass(windows, PEAK, np.array([0])), [[0.4, 0]], atol=0.2)
    gone = 1000 - window(0.4, 0)
    gone[:, :first] = np.nan
    np.testing.assert_allclose(centre_of_mass(gone, PEAK, np.array([1])), [[0.4, 0]], atol=0.2)


def test_an_event_in_the_first_frame_is_where_it_is_bright() -> None:
    windows = window(0.4, 0)
    windows[:, :PEAK] = np.nan
    np.testing.assert_allclose(centre_of_mass(windows, PEAK, np.array([0])), [[0.4, 0]], atol=0.2)


def test_the_last_frame_has_nothing_after_it() -> None:
    windows = window(0.4, 0) + 300 * spot((SIDE, SIDE), 6, 10, 1.2)
    windows[:, PEAK + 1 :] = np.nan
    np.testing.assert_allclose(centre_of_mass(windows, PEAK, np.array([0])), [[0.4, 0]], atol=0.2)


def test_what_lies_beyond_the_border_has_no_mass() -> None:
    windows = window(0, 0, height=60)
    # The whole image darkens, as by a lamp or bleaching; the event is on the left border.
    windows[:, PEAK:] -= 80
    windows[..., :8] = np.nan
    [(_, dx)] = centre_of_mass(windows, PEAK, np.array([0]))
    assert 0 <= dx <= 1
