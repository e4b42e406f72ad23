"""The paper's recipe: equations, noise, reproducibility, visibility."""

from __future__ import annotations

import numpy as np
import pytest

from ivea_fiji.errors import ParameterError
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.simulation import simulate
from ivea_fiji.simulation.paper import GAIN, OFFSET, _render_cloud, add_noise, cloud, simulate_paper
from ivea_fiji.simulation.truth import TrueEvent
from ivea_fiji.simulation.visibility import noise_sd, peak_z

SMALL = {"frames": 40, "height": 64, "width": 64, "events": 4, "vesicles": 6}


def event(**changes):
    values = {
        "class_id": 0, "kind": "eq16", "frame": 10, "y": 20.0, "x": 24.0, "duration": 2.0, "amplitude": 100.0,
        "sigma": 2.0,
    }
    return TrueEvent(**(values | changes))


def test_a_cloud_is_equation_16():
    movie = np.zeros((21, 48, 48), np.float32)
    _render_cloud(movie, event())
    mu, tau, sigma_s = 100.0, 2.0, 2.0 / np.sqrt(2)
    for t, dy, dx in [(10, 0, 0), (10, 2, 1), (12, 0, 0), (12, 3, -1), (7, 1, 1)]:
        e = np.exp(-((10 - t) ** 2) / (2 * tau) ** 2)
        expected = mu * np.exp(-((dy**2 + dx**2) * e) / (2 * sigma_s) ** 2) * e
        assert movie[t, 20 + dy, 24 + dx] == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(movie[8], movie[12], rtol=1e-5)
    assert cloud(event(), 10) == (100.0, 2.0)


def test_a_vesicle_gives_its_light_to_the_cloud_and_is_gone():
    options = SMALL | {"events": 1, "vesicles": 0, "white": 0.0}
    bare = simulate_paper(noise_factor=0, seed=3, docked=0, **options)
    docked = simulate_paper(noise_factor=0, seed=3, docked=1, **options)
    assert bare.events[0].frame == docked.events[0].frame
    frame = bare.events[0].frame
    extra = docked.frames.astype(int) - bare.frames
    assert extra[:frame].max() > 50
    assert np.all(extra[frame:] == 0)


def test_one_seed_gives_one_movie_and_lambda_changes_the_noise_only():
    first, again = (simulate_paper(noise_factor=1, seed=5, **SMALL) for _ in range(2))
    np.testing.assert_array_equal(first.frames, again.frames)
    assert first.events == again.events
    noisier = simulate_paper(noise_factor=10, seed=5, **SMALL)
    assert [(e.frame, e.y, e.x, e.amplitude) for e in noisier.events] == [
        (e.frame, e.y, e.x, e.amplitude) for e in first.events
    ]
    assert all(weak.peak_z < strong.peak_z for weak, strong in zip(noisier.events, first.events, strict=True))
    assert not np.array_equal(simulate_paper(noise_factor=1, seed=6, **SMALL).frames, first.frames)


def test_events_keep_away_from_the_ends_and_are_sorted():
    movie = simulate_paper(noise_factor=1, seed=8, **(SMALL | {"events": 12}))
    frames = [e.frame for e in movie.events]
    assert frames == sorted(frames)
    assert len(frames) == 12
    assert min(frames) >= 3
    assert max(frames) <= 40 - 4
    assert all(4 <= e.y <= 59 and 4 <= e.x <= 59 for e in movie.events)
    assert {int(row[0]) for row in movie.artefacts} <= {-2, -3}


@pytest.mark.parametrize("factor", [0.1, 1.0, 10.0])
def test_noise_is_as_strong_as_published(factor):
    clean = np.full((6, 96, 96), 25.0, np.float32)
    counts = add_noise(clean, factor, np.random.default_rng(1))
    assert counts.mean() == pytest.approx(GAIN * (25 + OFFSET), abs=0.6 * np.sqrt(factor) + 0.2)
    assert counts.std() / GAIN == pytest.approx(np.sqrt(25 * factor / (4 * np.pi) + 0.25), rel=0.05)


def test_peak_z_is_change_over_noise():
    rng = np.random.default_rng(2)
    clean = np.zeros((600, 33, 33), np.float32)
    rows, columns = np.mgrid[:33, :33]
    sigma = 2.0
    clean[40:44] += 50 * np.exp(-((rows - 16) ** 2 + (columns - 16) ** 2) / (2 * sigma**2))
    noisy = (3 * clean + 500 + rng.normal(0, 6, clean.shape)).astype(np.float32)
    # White noise of SD 6: a blur of 1 px divides it by 2 sqrt(pi), a difference multiplies it by sqrt(2).
    expected_noise = 6 / (2 * np.sqrt(np.pi)) * np.sqrt(2)
    assert noise_sd(noisy, 16, 16) == pytest.approx(expected_noise, rel=0.08)
    # A blur of 1 px lowers a Gaussian of 2 px by 4 / (4 + 1).
    expected = 3 * 50 * 4 / 5 / noise_sd(noisy, 16, 16)
    assert peak_z(clean, noisy, 16, 16, 40, 2, gain=3) == pytest.approx(expected, rel=0.02)
    assert peak_z(clean, noisy, 16, 16, 10, 2, gain=3) == 0
    assert np.isnan(peak_z(clean, np.zeros_like(clean), 16, 16, 40, 2))
    assert np.isnan(peak_z(clean[:1], noisy[:1], 16, 16, 0, 2))


def test_peak_z_at_a_corner_and_at_the_ends_is_finite():
    clean = np.zeros((12, 20, 20), np.float32)
    clean[0, 0, 0] = clean[11, 19, 19] = 100
    noisy = clean + np.random.default_rng(0).normal(0, 1, clean.shape)
    for y, x, frame in [(0, 0, 0), (19, 19, 11)]:
        assert np.isfinite(peak_z(clean, noisy, y, x, frame, 1))


def test_the_parameters_choose_the_recipe():
    size = {"recipe": "paper", "frames": 20, "height": 48, "width": 40, "seed": 4}
    movie = simulate(SimulationParams.make(**size, events=2, noise_factor=0.5, pixel_size_um=0.2))
    assert movie.frames.shape == (20, 48, 40)
    assert movie.frames.dtype == np.uint16
    assert len(movie.events) == 2
    assert movie.pixel_size_um == 0.2
    assert movie.recipe["noise_factor"] == 0.5
    assert simulate(SimulationParams.make(**size, kind="none")).events == ()
    with pytest.raises(ParameterError, match="physics"):
        SimulationParams.make(**size, kind="latent")


def test_impossible_movies_are_refused():
    with pytest.raises(ParameterError, match="at least 8 frames"):
        simulate_paper(noise_factor=1, seed=1, frames=5)
    with pytest.raises(ParameterError, match="negative"):
        simulate_paper(noise_factor=-1, seed=1, **SMALL)
    with pytest.raises(ParameterError, match="do not fit"):
        simulate_paper(noise_factor=1, seed=1, frames=8, height=16, width=16, events=50)
