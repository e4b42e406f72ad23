from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_material import cloud

from ivea_fiji.measure import fit_spots, widening
from ivea_fiji.measure.spread import spot_r2


@settings(max_examples=40, deadline=None)
@given(
    sigma=st.floats(0.8, 4.0), dy=st.floats(-2, 2), dx=st.floats(-2, 2), amplitude=st.floats(10, 1e4),
    level=st.floats(-100, 1e4),
)  # fmt: skip
def test_a_gaussian_is_found_exactly(sigma: float, dy: float, dx: float, amplitude: float, level: float) -> None:
    place = np.arange(19) - 9
    image = level + amplitude * np.exp(-((place[:, None] - dy) ** 2 + (place - dx) ** 2) / (2 * sigma**2))
    spots = fit_spots(image[None])
    assert spots.sigma[0] == pytest.approx(sigma, rel=1e-3)
    assert (spots.y[0], spots.x[0]) == pytest.approx((dy, dx), abs=2e-3)
    assert spots.amplitude[0] == pytest.approx(amplitude, rel=2e-3)
    assert spots.background[0] == pytest.approx(level, abs=3e-3 * amplitude)
    assert spot_r2(image[None], spots)[0] == pytest.approx(1, abs=1e-5)


def test_noisy_spots_are_found_without_bias_and_with_an_honest_error() -> None:
    image = cloud(np.full(300, 100.0), 1.8**2, dy=0.3, dx=-0.4, noise=10)
    spots = fit_spots(image)
    assert np.isfinite(spots.sigma).all()
    assert spots.sigma.mean() == pytest.approx(1.8, abs=0.02)
    assert spots.sigma.std() == pytest.approx(spots.sigma_error.mean(), rel=0.15)
    assert spots.noise.mean() == pytest.approx(10, rel=0.03)


def test_a_spot_at_the_border_of_the_image() -> None:
    image = cloud(np.array([100.0]), 4.0, dy=0.2, dx=0.1)
    image[:, :7] = np.nan
    image[:, :, 14:] = np.nan
    spots = fit_spots(image)
    assert spots.sigma[0] == pytest.approx(2, rel=1e-3)
    assert (spots.y[0], spots.x[0]) == pytest.approx((0.2, 0.1), abs=1e-3)


@pytest.mark.parametrize(
    "image",
    [
        np.full((19, 19), 7.0),
        np.full((19, 19), np.nan),
        np.where(np.eye(19) > 0, np.nan, cloud(np.array([100.0]), 4.0)[0]),  # NaN within the image
        cloud(np.array([-100.0]), 4.0)[0],  # dark
        cloud(np.array([100.0]), 400.0)[0],  # wider than the image
        np.pad([[100.0]], 9),  # narrower than a pixel
        cloud(np.array([100.0]), 4.0, k=2)[0][1:4, 1:4],  # too few pixels
    ],
    ids=["constant", "nothing", "holes", "dark", "wide", "one pixel", "small"],
)
def test_no_spot_no_value(image: np.ndarray) -> None:
    spots = fit_spots(image[None])
    assert all(np.isnan(getattr(spots, name)).all() for name in spots.__dataclass_fields__)
    assert np.isnan(spot_r2(image[None], spots)).all()


def test_one_bad_image_does_not_touch_the_others() -> None:
    images = cloud(np.full(3, 100.0), np.array([2.0, 4.0, 6.0]))
    images[1] = np.nan
    np.testing.assert_allclose(fit_spots(images).sigma, [2**0.5, np.nan, 6**0.5], rtol=1e-3)


def test_r2_tells_noise_from_shape() -> None:
    clear, faint = (cloud(np.full(50, 100.0), 4.0, noise=noise) for noise in (10, 40))
    assert spot_r2(clear, fit_spots(clear)).min() > 0.75
    assert np.nanmean(spot_r2(faint, fit_spots(faint))) < 0.45


def test_widening_of_a_line() -> None:
    sigma = np.sqrt(3 + 2 * 0.4 * np.arange(6))
    assert widening(sigma, np.full(6, 0.01)) == pytest.approx((0.4, 1))


@pytest.mark.parametrize(
    ("squared", "error"),
    [
        ([3, 4, 5], 0.01),  # too few
        ([6, 5, 4, 3], 0.01),  # narrowing
        ([3, 3, 3, 3], 0.01),  # standing still
        ([3, 5, 3, 5, 3, 5], 0.01),  # no line
        ([3, 3.2, 3.4, 3.6], 0.5),  # less than the errors
        ([3, 4, np.nan, 6], 0.01),
    ],
)
def test_no_widening_no_value(squared: list[float], error: float) -> None:
    assert np.isnan(widening(np.sqrt(squared), np.full(len(squared), error))).all()
