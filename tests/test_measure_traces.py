from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_material import K, cloud

from ivea_fiji.measure import measure_windows, ring_radii


def one(block: np.ndarray, dy: float = 0.0, dx: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    raw, background = measure_windows(block[None], np.array([dy]), np.array([dx]), 3)
    return raw[0], background[0]


@pytest.mark.parametrize(("radius", "radii"), [(1, (4, 7)), (3, (6, 9)), (5, (10, 13))])
def test_ring_lies_outside_the_disc(radius: int, radii: tuple[int, int]) -> None:
    assert ring_radii(radius) == radii


def test_disc_of_29_pixels_and_ring() -> None:
    place = np.arange(2 * K + 1) - K
    distance = np.hypot(place[:, None], place)
    block = np.where(distance <= 3, 58.0, np.where(distance >= 6, 7.0, 1000.0)).astype(np.float32)
    block[K, K] += 29  # one of 29 pixels: the mean rises by 1
    raw, background = one(block[None])
    assert raw.tolist() == [59.0]
    assert background.tolist() == [7.0]


def test_ring_is_a_median() -> None:
    block = np.full((1, 19, 19), 5.0, np.float32)
    block[0, :4, :8] = 5000  # a bright neighbour over a part of the ring
    assert one(block)[1].tolist() == [5.0]


def test_disc_moves_to_the_nearest_pixel() -> None:
    block = np.zeros((1, 19, 19), np.float32)
    block[0, K, K + 4] = 29
    assert one(block, 0, 0.4)[0].tolist() == [0.0]
    assert one(block, 0, 0.6)[0].tolist() == [1.0]
    assert one(block, 0.6, 0.6)[0].tolist() == [0.0]  # (1, 3) from the moved centre is 3.16 px away
    assert one(block, -0.4, 1.4)[0].tolist() == [1.0]


def test_events_of_different_shift_keep_their_order() -> None:
    blocks = np.stack([np.full((2, 19, 19), value, np.float32) for value in range(70)])
    shift = np.arange(70) % 3 - 1.0
    raw, background = measure_windows(blocks, shift, -shift, 3)
    expected = np.repeat(np.arange(70.0)[:, None], 2, axis=1)
    np.testing.assert_array_equal(raw, expected)
    np.testing.assert_array_equal(background, expected)


def test_outside_of_movie_and_image() -> None:
    block = np.full((3, 19, 19), 10.0, np.float32)
    block[0] = np.nan  # before the movie
    block[1, :K] = np.nan  # above the image
    block[2, 1:, :] = np.nan  # nothing but a far row: 19 pixels, 9 px away; one of them in the ring
    raw, background = one(block)
    np.testing.assert_array_equal(raw, [np.nan, 10, np.nan])
    np.testing.assert_array_equal(background, [np.nan, 10, np.nan])


def test_no_events() -> None:
    raw, background = measure_windows(np.zeros((0, 5, 19, 19), np.float32), np.zeros(0), np.zeros(0), 3)
    assert raw.shape == background.shape == (0, 5)


@settings(max_examples=25, deadline=None)
@given(offset=st.integers(-500, 5000), gain=st.sampled_from([0.25, 0.5, 2.0, 8.0]), seed=st.integers(0, 99))
def test_offset_and_gain_pass_through(offset: int, gain: float, seed: int) -> None:
    block = cloud(np.array([0.0, 80.0]), 4.0, noise=5, seed=seed)
    block[:, :4] = np.nan
    raw, background = one(block)
    moved = one(block * np.float32(gain) + np.float32(offset))
    np.testing.assert_allclose(moved[0], raw * gain + offset, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(moved[1], background * gain + offset, rtol=1e-5, atol=1e-2)
