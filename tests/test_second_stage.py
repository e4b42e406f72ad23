"""The second look: courses of light worked out by hand, trees, familiarity, and what a model does with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ivea_fiji.second_stage.courses import AFTER, BEFORE, FRAMES, SPOT, Courses, courses_of, ring_radius
from ivea_fiji.second_stage.familiarity import Familiarity, choose_examples, distances, learn_levels, ranks
from ivea_fiji.second_stage.measures import NAMES, course_measures, crowd_measures
from ivea_fiji.second_stage.stage import NETWORK, SecondStage, network_values
from ivea_fiji.second_stage.trees import Trees, chance_of
from ivea_fiji.training.second_stage import Rows, fit_scale, table_of, thin

COURSE_NAMES = NAMES[: len(NAMES) - 8]


def seen(light: NDArray, level: float = 100.0, radius: int = 12) -> Courses:
    """Return the course of one spot whose light over time is given, on an even background."""
    r = ring_radius(radius)
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    spot = np.exp(-(y**2 + x**2) / (2 * 1.3**2))
    noise = np.random.default_rng(1).normal(0, 0.02, (1, FRAMES, 2 * r + 1, 2 * r + 1))
    windows = (level + np.asarray(light)[None, :, None, None] * spot + noise).astype(np.float32)
    return courses_of(windows, np.zeros(1, int), np.ones((1, FRAMES), bool), radius)


def told(courses: Courses) -> dict[str, float]:
    return dict(zip(COURSE_NAMES, course_measures(courses)[0].tolist(), strict=True))


def time() -> NDArray:
    return np.arange(-BEFORE, AFTER + 1)


def test_the_even_background_is_not_light() -> None:
    courses = seen(np.zeros(FRAMES), level=500.0)
    assert np.allclose(courses.values[..., SPOT], 500, atol=0.1)
    assert np.allclose(courses.ring, 500, atol=0.1)


@pytest.mark.parametrize("radius", [7, 12, 16])
def test_weights_of_every_region_sum_to_one(radius: int) -> None:
    r = ring_radius(radius)
    windows = np.full((1, FRAMES, 2 * r + 1, 2 * r + 1), 3.0, np.float32)
    values = courses_of(windows, np.zeros(1, int), np.ones((1, FRAMES), bool), radius).values
    assert np.allclose(values[..., [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12]], 3, atol=1e-4)
    assert np.allclose(values[..., 3:5], 0, atol=1e-3)  # no weight lies to one side


def test_a_flash_is_told_by_its_height_and_its_half_life() -> None:
    t = time()
    got = told(seen(np.where(t >= 0, 10 * np.exp(-np.maximum(t, 0) / 10), 0)))
    assert got["light_-1"] == pytest.approx(0, abs=0.1)
    assert got["light_+0"] == pytest.approx(1, abs=0.1)
    assert got["direction"] == 1
    assert 5 <= got["frames_above_half"] <= 9  # 10 ln 2 = 6.9
    assert got["crossings_before"] == 0
    assert got["bright_before"] == 0
    assert got["after_median"] == pytest.approx(0, abs=0.1)


def test_a_loss_is_told_upside_down() -> None:
    got = told(seen(np.where(time() < 0, 8.0, 0.0)))
    assert got["direction"] == -1
    assert got["light_+0"] == pytest.approx(1, abs=0.1)  # all is lost
    assert got["base_over_step"] == pytest.approx(1, abs=0.1)
    assert got["bright_after"] == 1


def test_a_spot_that_blinks_crosses_half_again_and_again() -> None:
    blinks = np.where((time() // 10) % 2 == 0, 10.0, 0.0)
    got, once = told(seen(blinks)), told(seen(np.where(time() >= 0, 10.0, 0.0)))
    assert got["crossings_before"] >= 8
    assert got["crossings_after"] >= 8
    assert once["crossings_before"] == once["crossings_after"] == 0


def test_frames_outside_the_movie_are_unknown_not_dark() -> None:
    courses = seen(np.where(time() >= 0, 10.0, 0.0))
    values = courses.values.copy()
    values[:, : BEFORE - 20] = np.nan
    got = told(Courses(values))
    assert np.isnan(got["light_-100_-60"])
    assert np.isnan(got["light_-60_-30"])
    assert got["light_-14_-8"] == pytest.approx(0, abs=0.1)


def test_movement_is_seen_in_the_weight_of_the_light() -> None:
    r = ring_radius(12)
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    still, wandering = np.full((2, FRAMES, 2 * r + 1, 2 * r + 1), 50.0, np.float32)
    for k, t in enumerate(time()):
        if t >= 0:
            still[k] += 20 * np.exp(-(y**2 + x**2) / 4)
            wandering[k] += 20 * np.exp(-(y**2 + (x - 0.3 * t) ** 2) / 4)
    windows = np.stack([still, wandering])
    courses = courses_of(windows, np.zeros(2, int), np.ones((2, FRAMES), bool), 12)
    moved = course_measures(courses)[:, COURSE_NAMES.index("moved_+7_+12")]
    assert moved[1] > 5 * max(moved[0], 0.05)


def test_candidates_at_one_place_at_other_times_are_counted() -> None:
    frame = np.array([10, 40, 70, 70])
    x = np.array([5.0, 5.0, 5.0, 60.0])
    ones = np.ones(4)
    got = crowd_measures(frame, np.full(4, 5.0), x, ones, ones, ones, ones, 1.0)
    assert np.allclose(np.exp(got[:, 0]) - 1, [2, 2, 2, 0])


def fitted(seed: int = 0) -> tuple[NDArray, list[HistGradientBoostingClassifier]]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(600, 6)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1]) * np.isnan(x[:, 2]) > 0.1
    made = [HistGradientBoostingClassifier(max_iter=20, random_state=s, early_stopping=False).fit(x, y) for s in (0, 1)]
    return x, made


def test_trees_answer_as_those_they_were_made_of() -> None:
    x, made = fitted()
    trees = Trees.of_fitted(made)
    wanted = np.mean([one.decision_function(x) for one in made], axis=0)
    assert np.abs(trees.log_odds(x) - wanted).max() < 1e-5
    assert np.ptp(wanted) > 1


def test_shares_of_the_values_add_up_to_the_answer() -> None:
    x, made = fitted()
    trees = Trees.of_fitted(made)
    roots = trees.start + trees.value[:, 0].sum()
    shares = trees.shares(x[:40])
    assert np.allclose(shares.sum(axis=1) + roots, trees.log_odds(x[:40]), atol=1e-4)
    assert np.abs(shares[:, 0]).mean() > 5 * np.abs(shares[:, 5]).mean()  # the fifth tells nothing


@pytest.mark.parametrize("fault", ["backward", "beyond", "nan", "shape", "feature"])
def test_damaged_trees_are_refused(fault: str) -> None:
    _, made = fitted()
    arrays = Trees.of_fitted(made).arrays("t_")
    inner = np.argwhere(arrays["t_feature"] >= 0)[0]
    match fault:
        case "backward":
            arrays["t_left"][tuple(inner)] = 0
        case "beyond":
            arrays["t_right"][tuple(inner)] = 9999
        case "nan":
            arrays["t_value"][0, 0] = np.nan
        case "shape":
            arrays["t_value"] = arrays["t_value"][:-1]
        case "feature":
            arrays["t_feature"][tuple(inner)] = 6
    with pytest.raises(ValueError, match=r"shapes|way|values"):
        Trees.from_arrays(arrays, "t_", 6)


def test_what_was_learned_from_is_familiar_and_what_is_far_is_not() -> None:
    rng = np.random.default_rng(3)
    known = rng.normal(0, 1, (500, len(NAMES))).astype(np.float32)
    levels = learn_levels(known)
    examples = choose_examples(ranks(known, levels))
    usual = np.quantile(distances(ranks(rng.normal(0, 1, known.shape).astype(np.float32), levels), examples),
                        np.linspace(0, 1, 101)).astype(np.float32)  # fmt: skip
    model = Familiarity(levels, examples, usual)
    assert model.of(known).mean() > 0.9
    corner = np.where(np.arange(len(NAMES)) % 2, 50.0, -50.0)[None].astype(np.float32)
    assert model.of(corner)[0] == 0


def make_stage(classes: int = 3) -> SecondStage:
    """Return a stage that takes the network's word, and calls hopeless whatever was bright before."""
    rng = np.random.default_rng(5)
    measures = rng.normal(size=(800, len(NAMES))).astype(np.float32)
    network = rng.normal(size=(800, classes + 1)).astype(np.float32)
    bright = NAMES.index("bright_before")
    screen = HistGradientBoostingClassifier(max_iter=10, early_stopping=False).fit(measures, measures[:, bright] < 0)
    judge = HistGradientBoostingClassifier(max_iter=30, early_stopping=False).fit(
        np.column_stack([measures, network]), (network[:, -1] > 0) & (measures[:, bright] < 0.5)
    )
    levels = learn_levels(measures)
    examples = choose_examples(ranks(measures, levels))
    usual = np.linspace(0, 3, 101).astype(np.float32)
    return SecondStage(
        Trees.of_fitted([screen]), -1.0, Trees.of_fitted([judge]), 1.0, 0.0, Familiarity(levels, examples, usual)
    )


def test_a_stage_comes_back_from_its_file(tmp_path: Path) -> None:
    stage = make_stage()
    stage.save(tmp_path / "s.npz")
    again = SecondStage.load(tmp_path / "s.npz", 3)
    rng = np.random.default_rng(8)
    measures = rng.normal(size=(50, len(NAMES))).astype(np.float32)
    network = rng.normal(size=(50, 4)).astype(np.float32)
    assert np.array_equal(stage.chance(measures, network), again.chance(measures, network))
    assert np.array_equal(stage.promising(measures), again.promising(measures))
    with pytest.raises(ValueError, match="values"):
        SecondStage.load(tmp_path / "s.npz", 2)  # of another network
    (tmp_path / "s.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="archive"):
        SecondStage.load(tmp_path / "s.npz", 3)


def test_it_tells_what_spoke_against() -> None:
    stage = make_stage()
    measures = np.full((2, len(NAMES)), -1, np.float32)
    network = np.full((2, 4), 2, np.float32)
    measures[0, NAMES.index("bright_before")] = 3
    network[1, -1] = -3
    assert stage.against(measures, network) == ["bright_before", NETWORK]


def test_the_network_is_told_by_its_log_odds() -> None:
    values = network_values(np.array([[0.5, 0.3, 0.2]], np.float32), [0, 1])
    assert values[0] == pytest.approx([np.log(0.5), np.log(0.3), np.log(0.2), np.log(0.8 / 0.2)], rel=1e-4)


def test_calibration_makes_log_odds_what_they_say() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 2, 40_000)
    event = rng.random(len(truth)) < chance_of(truth)
    scale, offset = fit_scale(3 * truth + 1, event, np.ones(len(truth)))
    assert scale == pytest.approx(1 / 3, rel=0.05)
    assert offset == pytest.approx(-1 / 3, abs=0.1)


def test_all_events_teach_and_the_hardest_of_the_others() -> None:
    label = np.array([0, -1, -1, -1, -1, -99, 2])
    kept = thin(label, np.array([0.1, 0.9, 0.2, 0.1, 0.0, 0.5, 0.3]), 2, 0)
    assert {0, 1, 6} <= set(kept.tolist())
    assert 5 not in kept
    assert len(kept) == 4


def test_half_of_the_copies_are_cut_so_that_short_movies_do_not_give_themselves_away() -> None:
    courses = np.repeat(seen(np.where(time() >= 0, 10.0, 0.0)).values, 40, axis=0)
    none = np.zeros(40)
    rows = Rows(
        courses, np.zeros((40, 8), np.float32), np.full((40, 2), 0.5, np.float32), none.astype(int), none, none, none,
        none, none,
    )  # fmt: skip
    table = table_of(rows, "family", [0], 0)
    far = table.measures[:, NAMES.index("light_-100_-60")]
    assert not np.isnan(far[:40]).any()
    assert 5 < np.isnan(far[40:]).sum() < 35
    assert not np.isnan(table.measures[:, NAMES.index("light_+0")]).any()
