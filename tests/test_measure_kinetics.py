from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_material import BEFORE, K, cloud, decay, spreading, time

from ivea_fiji.events.model import Kinetics
from ivea_fiji.measure import measure_event, measure_events, measure_windows
from ivea_fiji.measure.decay import first_fall, fit_decay

NEVER_WITHOUT_BASELINE = (
    "onset_frame", "baseline", "peak_df", "peak_df_f0", "snr", "rise", "half_life", "fwhm_t", "area", "diffusion",
    "diffusion_r2",
)  # fmt: skip
LOUD = ("onset_frame", "rise", "decay_tau", "decay_r2", "half_life", "fwhm_t", "fwhm_xy", "area", "diffusion",
        "diffusion_r2")  # fmt: skip


def measure(block: np.ndarray, peak: int = BEFORE, class_id: int = 0, frame: int = 500, **options) -> Kinetics:
    raw, background = measure_windows(block[None], np.zeros(1), np.zeros(1), 3)
    return measure_event(raw[0], background[0], peak, class_id, block, frame=frame, **options)


def follow(signal: np.ndarray, peak: int = BEFORE, class_id: int = 0, level: float = 100.0, **options) -> Kinetics:
    """Measure a trace alone; the images are empty."""
    raw = (np.asarray(signal, float) + level).astype(np.float32)
    block = np.full((len(raw), 2 * K + 1, 2 * K + 1), np.nan, np.float32)
    return measure_event(raw, np.zeros_like(raw), peak, class_id, block, frame=500, **options)


def noise(n: int, sd: float = 1.0, seed: int = 0) -> np.ndarray:
    return sd * np.random.default_rng(seed).standard_normal(n)


def empty(kinetics: Kinetics, names: tuple[str, ...] | None = None) -> bool:
    values = asdict(kinetics)
    return all(np.isnan(values[name]) for name in names or values)


# ---- crossings and the exponential


@pytest.mark.parametrize(
    ("values", "level", "expected"),
    [
        ([10, 6, 2], 4, 1.5),
        ([10, 6, 2], 6, 1.0),
        ([10, 2, 10, 2], 6, 0.5),
        ([10, 6, 2], 1, np.nan),
        ([3, 2], 4, np.nan),
        ([10, np.nan, 2], 4, np.nan),
        ([], 4, np.nan),
    ],
)
def test_first_fall(values: list[float], level: float, expected: float) -> None:
    assert first_fall(np.array(values), level) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(tau=st.floats(0.6, 60), amplitude=st.floats(1, 1e4), left=st.floats(-1e3, 1e3), length=st.integers(40, 120))
def test_exponential_is_found(tau: float, amplitude: float, left: float, length: int) -> None:
    tau_found, r2 = fit_decay(amplitude * np.exp(-np.arange(length) / tau) + left)
    assert tau_found == pytest.approx(tau, rel=0.01)
    assert r2 == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    "values",
    [
        np.full(30, 5.0),
        np.arange(30.0),
        -np.exp(-np.arange(30) / 5),
        30 - np.arange(30.0),  # a straight line is an exponential of endless tau
        np.array([9.0, 5, 3, 2]),
        np.r_[1.0, np.zeros(29)],
        np.full(30, np.nan),
        np.r_[3.0, noise(60)],
    ],
    ids=["constant", "rising", "rising exponential", "line", "short", "one frame", "unknown", "noise"],
)
def test_no_exponential_no_value(values: np.ndarray) -> None:
    assert np.isnan(fit_decay(values)).all()


def test_a_decay_that_explains_little_of_the_trace_is_not_given() -> None:
    course = 3 * np.exp(-np.arange(200) / 8)
    assert all(np.isnan(fit_decay(course + noise(200, 1, seed))).all() for seed in range(30))


@pytest.mark.parametrize(("length", "tau", "sd"), [(12, 25, 0.5), (12, 25, 1), (20, 20, 2), (8, 4, 1)])
def test_too_little_of_a_decay_gives_no_wrong_time(length: int, tau: float, sd: float) -> None:
    course = 10 * np.exp(-np.arange(length) / tau)
    found = np.array([fit_decay(course + noise(length, sd, seed))[0] for seed in range(100)])
    assert np.sum(np.abs(np.log2(found[np.isfinite(found)] / tau)) > 1) <= 3


# ---- brightening


@pytest.mark.parametrize("tau", [2, 5, 12, 30])
@pytest.mark.parametrize("sd", [0, 2])
def test_decay_time(tau: float, sd: float) -> None:
    found = [follow(decay(100, tau) + noise(121, sd, seed)) for seed in range(20)]
    assert np.mean([k.decay_tau for k in found]) == pytest.approx(tau, rel=0.03)
    assert all(k.decay_tau == pytest.approx(tau, rel=0.2) for k in found)
    assert min(k.decay_r2 for k in found) > 0.95
    assert np.mean([k.half_life for k in found]) == pytest.approx(tau * np.log(2), abs=0.1 + 0.03 * tau)


def test_a_very_quick_decay() -> None:
    found = [follow(decay(100, 1) + noise(121, 5, seed)).decay_tau for seed in range(20)]
    assert np.isfinite(found).mean() > 0.8
    assert np.nanmean(found) == pytest.approx(1, rel=0.1)


def test_all_of_a_jump() -> None:
    k = follow(decay(100, 10))
    assert (k.baseline, k.peak_df, k.peak_df_f0) == pytest.approx((100, 100, 1))
    assert k.onset_frame == pytest.approx(499.1)  # 10 % of the way from frame 499 to 500
    assert k.rise == pytest.approx(0.8)
    assert k.half_life == pytest.approx(10 * np.log(2), abs=0.02)
    assert k.fwhm_t == pytest.approx(k.half_life + 0.5)
    assert k.area == pytest.approx(100 * sum(np.exp(-i / 10) for i in range(200)), rel=0.01)
    assert np.isnan(k.snr)  # no noise


@pytest.mark.parametrize("length", [4, 10, 16])
def test_triangle(length: int) -> None:
    """A linear rise takes 0.8 of its length from 10 to 90 %; half width and area of a triangle are known."""
    k = follow(100 * np.maximum(0, 1 - np.abs(time()) / length))
    assert k.rise == pytest.approx(0.8 * length, rel=1e-3)
    assert k.onset_frame == pytest.approx(500 - 0.9 * length, abs=1e-3)
    assert k.half_life == pytest.approx(length / 2, rel=1e-3)
    assert k.fwhm_t == pytest.approx(length, rel=1e-3)
    assert k.area == pytest.approx(100 * length, rel=0.02)


def test_noise_before_onset_is_the_measure() -> None:
    found = [follow(decay(100, 10) + noise(121, 2, seed)) for seed in range(60)]
    assert np.median([k.snr for k in found]) == pytest.approx(50, rel=0.15)
    assert np.mean([k.peak_df for k in found]) == pytest.approx(100, abs=1.0)


@pytest.mark.parametrize("shift", [-5, -2, 3, 5])
def test_peak_is_looked_for_near_by(shift: int) -> None:
    k = follow(decay(100, 10), peak=BEFORE + shift)
    assert k.peak_df == pytest.approx(100)
    assert k.onset_frame == pytest.approx(499.1 - shift)  # `frame` belongs to the expected peak


def test_a_larger_event_just_out_of_reach_is_not_taken() -> None:
    signal = decay(100, 10)
    signal[BEFORE + 4 :] += np.minimum(np.arange(97), 4) * 100  # climbs through the search range to a peak beyond
    assert follow(signal).peak_df == pytest.approx(100)


def test_next_event_ends_the_decay() -> None:
    first = decay(100, 10)
    second = np.roll(decay(300, 10), 25)
    second[: BEFORE + 25] = 0
    k = follow(first + second + noise(121, 1))
    assert k.decay_tau == pytest.approx(10, rel=0.1)
    assert k.area == pytest.approx(follow(first + noise(121, 1)).area, rel=0.15)


def test_one_low_frame_is_not_the_end() -> None:
    signal = decay(100, 10)
    whole = follow(signal).area
    signal[BEFORE + 8] = -5
    assert follow(signal).area == pytest.approx(whole - 100 * np.exp(-0.8) - 5, rel=1e-3)
    signal[BEFORE + 9] = -5
    assert follow(signal).area == pytest.approx(100 * sum(np.exp(-i / 10) for i in range(8)), rel=1e-3)


def test_only_the_frames_before_onset_make_the_baseline() -> None:
    signal = decay(100, 10)
    signal[BEFORE:] -= 40  # the cell is dimmer afterwards
    k = follow(signal)
    assert (k.baseline, k.peak_df) == pytest.approx((100, 60))
    assert k.decay_tau == pytest.approx(10, rel=0.02)


def test_a_docked_vesicle_counts_as_baseline_and_an_outlier_does_not() -> None:
    signal = decay(100, 10)
    signal[11:BEFORE] += 30  # for 9 frames of 20, but for 9 of the last 10
    signal[13] = 500  # further from the peak than it is looked for
    k = follow(signal)
    assert k.peak_df == pytest.approx(70)


def test_local_background_is_taken_off() -> None:
    block = cloud(decay(100, 10), 4.0)
    brighter = block + np.linspace(0, 300, len(block), dtype=np.float32)[:, None, None]
    assert measure(brighter).peak_df == pytest.approx(measure(block).peak_df, rel=1e-4)
    assert measure(brighter).decay_tau == pytest.approx(measure(block).decay_tau, rel=1e-3)


# ---- size


@pytest.mark.parametrize("sigma", [1.2, 2.0, 3.0])
def test_spatial_width(sigma: float) -> None:
    docked = cloud(np.full(121, 300.0), 1.0, dy=5, dx=-5, level=0)  # a neighbour that does not change
    found = [
        measure(docked + cloud(decay(100, 10), sigma**2, dy=0.3, dx=-0.2, noise=5, seed=seed), dy=0.3, dx=-0.2)
        for seed in range(8)
    ]
    assert np.mean([k.fwhm_xy for k in found]) == pytest.approx(2.3548 * sigma, rel=0.03)


def test_a_spot_that_is_elsewhere_has_no_width_here() -> None:
    block = cloud(decay(100, 10), 4.0, dy=4, noise=2)
    assert np.isnan(measure(block).fwhm_xy)
    assert np.isfinite(measure(block, dy=3.0).fwhm_xy)


@pytest.mark.parametrize("diffusion", [0.15, 0.4, 1.0])
def test_diffusion(diffusion: float) -> None:
    height, variance = spreading(200, 1.5, diffusion, tau=15)
    found = [measure(cloud(height, variance, dy=0.2, noise=4, seed=s), dy=0.2) for s in range(20)]
    values = np.array([k.diffusion for k in found])
    assert np.isfinite(values).mean() > 0.9
    assert np.nanmean(values) == pytest.approx(diffusion, rel=0.1)
    assert np.nanmin([k.diffusion_r2 for k in found]) >= 0.6


def test_what_does_not_spread_has_no_diffusion() -> None:
    found = [measure(cloud(decay(200, 15), 2.25, noise=5, seed=s)) for s in range(40)]
    assert sum(np.isfinite(k.diffusion) for k in found) <= 1
    assert all(np.isfinite(k.fwhm_xy) for k in found)


def test_a_faint_spot_has_no_width_and_no_diffusion() -> None:
    found = [measure(cloud(*spreading(100, 2.0, 0.3, 12), noise=45, seed=s)) for s in range(20)]
    assert np.mean([k.snr for k in found]) > 5
    assert sum(np.isfinite(k.fwhm_xy) for k in found) <= 3
    assert all(np.isnan(k.diffusion) for k in found)


def test_what_stands_beside_a_cloud_does_not_spread_it() -> None:
    height, variance = spreading(200, 1.5, 0.4, tau=15)
    docked = cloud(np.full(121, 300.0), 1.0, dy=4, dx=-3, level=0)
    found = [measure(docked + cloud(height, variance, noise=4, seed=s)).diffusion for s in range(10)]
    assert np.mean(found) == pytest.approx(0.4, rel=0.1)


def test_a_cloud_is_followed_only_while_it_is_seen() -> None:
    """It fades within two frames; what the fits find in the noise afterwards is no cloud."""
    found = [measure(cloud(*spreading(100, 1.5, 1.0, tau=1.5), noise=8, seed=s)) for s in range(40)]
    assert all(np.isfinite(k.fwhm_xy) for k in found)
    assert all(np.isnan(k.diffusion) for k in found)


# ---- loss


def vanish(sd: float = 0.0, seed: int = 0) -> np.ndarray:
    height = np.where(time() < 0, 100.0, 0.0)
    return cloud(height, 1.5**2, noise=sd, seed=seed)


@pytest.mark.parametrize("shift", [0, -3, 4])
def test_fusion_without_cloud_is_a_loss(shift: int) -> None:
    k = measure(vanish(3), peak=BEFORE + shift, class_id=1)
    full = measure(cloud(decay(100, 1e9), 1.5**2))  # the same spot appearing for good
    assert k.peak_df == pytest.approx(-full.peak_df, rel=0.05)
    assert k.baseline == pytest.approx(200 + full.peak_df, rel=0.02)
    assert k.peak_df_f0 == pytest.approx(k.peak_df / k.baseline)
    assert k.snr > 20
    assert k.onset_frame == pytest.approx(499.1 - shift, abs=0.15)
    assert k.half_life == pytest.approx(0.4, abs=0.1)
    assert k.fwhm_xy == pytest.approx(2.3548 * 1.5, rel=0.05)
    assert empty(k, ("rise", "fwhm_t", "area", "diffusion", "diffusion_r2", "decay_tau"))


def test_slow_fall_has_a_time_constant() -> None:
    signal = np.where(time() < 0, 100.0, 100 * np.exp(-np.maximum(time() + 1, 0) / 2.5))
    k = follow(signal + noise(121, 0.5), class_id=1)
    assert k.decay_tau == pytest.approx(2.5, rel=0.1)
    assert k.half_life > 1


def test_a_rise_is_no_loss() -> None:
    assert empty(follow(np.where(time() < 0, 0.0, 100.0) + noise(121), class_id=1), LOUD)


# ---- what fails is empty


@pytest.mark.parametrize("class_id", [0, 1, 2])
@pytest.mark.parametrize("peak", [0, 4, 20, 60, 120])
def test_noise_alone(class_id: int, peak: int) -> None:
    for seed in range(15):
        assert empty(measure(cloud(np.zeros(121), 1.0, noise=10, seed=seed), peak, class_id), LOUD)


@pytest.mark.parametrize("class_id", [0, 1, 2])
@pytest.mark.parametrize("level", [0.0, 7.0, 65535.0])
def test_constant(class_id: int, level: float) -> None:
    k = measure(np.full((121, 19, 19), level, np.float32), class_id=class_id)
    assert empty(k, (*LOUD, "snr"))
    assert np.isnan(k.peak_df) or k.peak_df == 0


def test_rounding_is_no_event() -> None:
    signal = np.zeros(121)
    signal[BEFORE:] = 0.0625  # the last bit of a float32 at a million
    assert empty(follow(signal, level=1e6), LOUD)


@pytest.mark.parametrize("class_id", [0, 1, 2])
def test_nothing_known(class_id: int) -> None:
    assert empty(measure(np.full((121, 19, 19), np.nan, np.float32), class_id=class_id))


def test_expected_frame_out_of_the_window() -> None:
    assert empty(follow(decay(100, 10), peak=121))
    assert empty(follow(decay(100, 10), peak=-1))


@pytest.mark.parametrize("before", [0, 1, 2])
def test_too_few_frames_before(before: int) -> None:
    block = cloud(decay(100, 8), 4.0, noise=2)
    block[: BEFORE - before] = np.nan
    k = measure(block)
    assert empty(k, NEVER_WITHOUT_BASELINE)
    assert k.fwhm_xy == pytest.approx(2.3548 * 2, rel=0.05)
    assert k.decay_tau == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_too_few_frames_before_a_loss(before: int) -> None:
    block = vanish(2)
    block[: BEFORE - before] = np.nan
    assert empty(measure(block, class_id=1))


def test_three_frames_before_are_enough() -> None:
    found = []
    for seed in range(20):
        block = cloud(decay(100, 8), 4.0, noise=2, seed=seed)
        block[: BEFORE - 3] = np.nan
        found.append(measure(block).peak_df)
    assert np.mean(np.isfinite(found)) >= 0.9
    assert np.nanmean(found) == pytest.approx(measure(cloud(decay(100, 8), 4.0)).peak_df, rel=0.03)


def test_event_in_the_last_frame() -> None:
    block = cloud(decay(100, 8), 4.0, noise=2)
    block[BEFORE + 1 :] = np.nan
    k = measure(block)
    assert k.rise == pytest.approx(0.8, abs=0.1)
    assert k.fwhm_xy == pytest.approx(2.3548 * 2, rel=0.05)
    assert empty(k, ("decay_tau", "decay_r2", "half_life", "fwhm_t", "diffusion", "diffusion_r2"))


def test_a_window_that_ends_with_the_peak() -> None:
    k = follow(decay(100, 8, after=0) + noise(21))
    assert k.peak_df == pytest.approx(100, abs=3)
    assert empty(k, ("decay_tau", "half_life", "fwhm_t"))


def test_a_decay_that_never_reaches_half() -> None:
    k = follow(decay(100, 5000))
    assert empty(k, ("half_life", "fwhm_t", "decay_tau"))
    assert k.peak_df == pytest.approx(100)


def test_unknown_frames_between() -> None:
    signal = decay(100, 10)
    signal[BEFORE + 3] = np.nan  # before half of the peak
    signal[[2, 9]] = np.nan
    k = follow(signal)
    assert k.peak_df == pytest.approx(100)
    assert empty(k, ("half_life", "fwhm_t", "decay_tau"))


def test_saturated_pixels_leave_the_baseline_only() -> None:
    block = np.minimum(cloud(decay(5000, 10), 4.0, noise=5), 4095)
    k = measure(block, saturation=4095)
    assert k.baseline == pytest.approx(200, abs=2)
    assert empty(k, tuple(name for name in asdict(k) if name != "baseline"))
    assert np.isfinite(measure(block).peak_df)  # without being told it cannot be known
    assert np.isfinite(measure(cloud(decay(500, 10), 4.0, noise=5), saturation=4095).decay_tau)


def test_camera_offset_below_zero_gives_no_f0() -> None:
    k = follow(decay(100, 10), level=-50)
    assert np.isnan(k.peak_df_f0)
    assert k.peak_df == pytest.approx(100)


# ---- properties


@settings(max_examples=20, deadline=None)
@given(offset=st.integers(-100, 3000), gain=st.sampled_from([0.5, 2.0, 16.0]), seed=st.integers(0, 99),
       class_id=st.sampled_from([0, 1]))  # fmt: skip
def test_offset_and_gain_change_only_what_they_should(offset: int, gain: float, seed: int, class_id: int) -> None:
    block = vanish(5, seed) if class_id else cloud(*spreading(150, 1.8, 0.3, 12), noise=5, seed=seed)
    # Whole numbers, so that neither rounds anything.
    block = np.rint(block)
    first = asdict(measure(block, class_id=class_id))
    second = asdict(measure((block * gain + offset).astype(np.float32), class_id=class_id))
    scaled = {"peak_df": gain, "area": gain}
    for name, value in first.items():
        if name == "baseline":
            expected = value * gain + offset
        elif name == "peak_df_f0":
            level = second["baseline"]
            expected = first["peak_df"] * gain / level if level > 0 else np.nan
        else:
            expected = value * scaled.get(name, 1)
        assert second[name] == pytest.approx(expected, rel=2e-3, abs=1e-4, nan_ok=True), name


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), axis=st.sampled_from([1, 2]))
def test_mirror_images_measure_the_same(seed: int, axis: int) -> None:
    block = cloud(*spreading(150, 1.8, 0.3, 12), dy=0.3, dx=0.2, noise=5, seed=seed)
    first, second = asdict(measure(block)), asdict(measure(np.flip(block, axis)))
    assert second == pytest.approx(first, rel=1e-3, nan_ok=True)


def test_many_at_once_equal_one_by_one() -> None:
    blocks = [cloud(decay(100, 8), 4.0, noise=3, seed=s) for s in range(5)]
    blocks += [vanish(3), np.full((121, 19, 19), np.nan, np.float32)]
    block, classes = np.stack(blocks), np.array([0, 0, 2, 0, 0, 1, 0])
    raw, background = measure_windows(block, np.zeros(7), np.zeros(7), 3)
    frames = np.arange(7) * 100
    together = measure_events(raw, background, np.full(7, BEFORE), classes, block, frame=frames)
    for i, kinetics in enumerate(together):
        alone = measure_event(raw[i], background[i], BEFORE, classes[i], block[i], frame=frames[i])
        assert asdict(kinetics) == pytest.approx(asdict(alone), rel=1e-6, nan_ok=True)


def test_no_events() -> None:
    none, whole = np.zeros((0, 121), np.float32), np.zeros(0, int)
    assert measure_events(none, none, whole, whole, np.zeros((0, 121, 19, 19), np.float32), frame=whole) == []


def test_larger_blocks_change_nothing() -> None:
    large = cloud(decay(100, 8), 4.0, noise=3, k=14)
    small = large[:, 5:-5, 5:-5]
    assert asdict(measure(large)) == pytest.approx(asdict(measure(small)), nan_ok=True)


def test_window_of_any_length() -> None:
    assert follow(decay(100, 3, before=5, after=12), peak=5).decay_tau == pytest.approx(3, rel=0.05)
