"""Movies of the recipe widefield: their optics conserve light, and what is true of them follows from it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError
from ivea_fiji.events.classes import BY_ID, FUSION, LATENT, NO_CLOUD
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.simulation import widefield, widefield_optics
from ivea_fiji.simulation.definition import UNCLEAR, moments
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.widefield import OTHERS, simulate_widefield
from ivea_fiji.simulation.widefield_camera import draw_camera, expose
from ivea_fiji.simulation.widefield_field import Disturbance, disturb
from ivea_fiji.simulation.widefield_fusions import MIXES, compartments
from ivea_fiji.simulation.widefield_optics import Images, Objective
from ivea_fiji.simulation.widefield_stage import PARTS, Stage, Thing
from ivea_fiji.simulation.widefield_truth import changes, course, judge

pytest.importorskip("psfmodels")

OIL = Objective(1.4, 0.52, 1.38, 1.515, 0.3)
SIZE = {"frames": 90, "height": 96, "width": 104}
QUIET = np.zeros(0, int)


@pytest.fixture(scope="module")
def images() -> Images:
    return Images(OIL, 0.1)


@pytest.fixture(scope="module")
def movies() -> list[SimulatedMovie]:
    return [simulate_widefield(seed, events=6, **SIZE) for seed in range(1, 7)]


def stage(frames: int = 100, exposed: int = PARTS, seed: int = 1) -> Stage:
    return Stage(
        np.random.default_rng(seed), frames, 64, 64, 0.1, 0.1, 100.0, exposed, lambda z: np.ones_like(z),
        np.ones(frames), np.ones((64, 64), np.float32),
    )  # fmt: skip


def picture(images: Images, rows: list[list[float]], size: int = 121) -> NDArray[np.float32]:
    movie = np.zeros((1, size, size), np.float32)
    images.render(movie, np.array(rows, float), 0.0, None)
    return movie[0]


def spread(image: NDArray) -> float:
    """Return the standard deviation along y of the Gaussian with the same width at half height (rings count less)."""
    line = image[:, image.max(0).argmax()]
    y = np.arange(len(line))
    top = int(line.argmax())
    low = np.interp(line.max() / 2, line[: top + 1], y[: top + 1])
    high = np.interp(-line.max() / 2, -line[top:], y[top:])
    return float(high - low) / 2.355


# Optics.


@pytest.mark.parametrize("z", [0.0, 0.4, -0.9])
@pytest.mark.parametrize("sigma", [0.0, 1.5, 5.0])
def test_all_light_arrives(images: Images, z: float, sigma: float) -> None:
    assert picture(images, [[0, 60.3, 59.8, z, sigma, 1000.0]]).sum() == pytest.approx(1000, rel=0.06)


def test_a_wide_cloud_has_its_own_width_and_place(images: Images) -> None:
    image = picture(images, [[0, 60.4, 58.7, 0.0, 6.0, 1.0]])
    assert spread(image) == pytest.approx(6, rel=0.07)
    y = np.arange(121)
    assert (image.sum(1) * y).sum() / image.sum() == pytest.approx(60.4, abs=0.1)
    assert (image.sum(0) * y).sum() / image.sum() == pytest.approx(58.7, abs=0.1)
    assert spread(image.T) == pytest.approx(spread(image), rel=0.02)


def test_focus_is_where_a_point_is_sharpest(images: Images) -> None:
    at = {z: picture(images, [[0, 60, 60, z, 0.0, 1.0]]) for z in (0.0, 0.3, -0.3, 0.6, -0.6, 1.2, -1.2)}
    peaks = {z: float(image.max()) for z, image in at.items()}
    assert peaks[0.0] > max(peaks[0.3], peaks[-0.3])
    assert peaks[0.3] > peaks[0.6] > peaks[1.2]
    assert peaks[-0.3] > peaks[-0.6] > peaks[-1.2]
    # A point in focus is about as wide as the diffraction limit: 0.21 wavelength / NA, and the pixel's own width.
    core = np.sqrt(1 / (2 * np.pi * peaks[0.0]))
    assert 0.6 < core < 1.3


def test_aberration_tells_above_from_below() -> None:
    bent = Images(Objective(1.4, 0.52, 1.33, 1.515, 4.0), 0.1)
    above, below = (picture(bent, [[0, 60, 60, z, 0.0, 1.0]]).max() for z in (0.6, -0.6))
    assert abs(above - below) > 0.2 * max(above, below)


def test_light_at_a_distance_is_what_is_drawn(images: Images) -> None:
    image = picture(images, [[0, 60, 60, 0.2, 1.0, 50.0]])
    for away in (0, 2, 5):
        seen = images.at(np.array([0.2]), np.array([1.0]), np.array([float(away)]))[0] * 50
        assert image[60, 60 + away] == pytest.approx(seen, rel=1e-4)


def test_clouds_at_the_border_are_cut_off_there(images: Images) -> None:
    whole = picture(images, [[0, 60, 60, 0.0, 2.0, 1.0]])
    corner = picture(images, [[0, 0, 0, 0.0, 2.0, 1.0]])
    np.testing.assert_allclose(corner[:8, :8], whole[60:68, 60:68], rtol=1e-4, atol=1e-7)
    assert picture(images, [[0, -300, 60, 0.0, 2.0, 1.0]]).max() == 0


def test_without_psfmodels_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    widefield_optics._planes.cache_clear()
    monkeypatch.setitem(sys.modules, "psfmodels", None)
    with pytest.raises(MissingDependencyError, match=r"psfmodels.*pip install"):
        Images(OIL, 0.1)


# Light over time.


def test_compartments_keep_the_light() -> None:
    s = stage()
    vesicle, cloud, sigma = compartments(
        s, 20.0, dark=1.0, opening=5, release=0.2, spread=0.5, loss=0.0, size=0.5
    )  # fmt: skip
    before, after = s.time < 20, s.time > 25
    assert (vesicle[before] == 0).all()
    assert (cloud[before] == 0).all()
    np.testing.assert_allclose((vesicle + cloud)[after], 1, atol=0.02)
    # Diffusion: the variance of what was released long ago grows by 2 D a frame.
    assert np.diff(sigma[-8 * PARTS :] ** 2).mean() * PARTS == pytest.approx(1.0, rel=0.05)


def test_a_vesicle_that_closes_decays_exponentially() -> None:
    s = stage()
    vesicle, cloud, _ = compartments(s, 10.0, dark=0.8, opening=50, release=0, spread=0, loss=0, closing=0.1)
    assert vesicle[0] == pytest.approx(0.2)
    assert (cloud == 0).all()
    at = [int(t * PARTS) for t in (20, 30)]
    assert vesicle[at[1]] / vesicle[at[0]] == pytest.approx(np.exp(-1), rel=0.01)


def test_exposure_smears_what_moves() -> None:
    s = stage(frames=10)
    still, moving = s.expose(7.0, 5.0, 6.0), s.expose(7.0, 5.0, 4 * s.time)
    np.testing.assert_allclose(still, [[t, 5, 6, 0, 0, 7] for t in range(10)])
    np.testing.assert_allclose(moving[:, 2], 4 * (np.arange(10) + 0.5))
    # Four places 1 px apart: variance 1.25 px^2 along x, shared by both axes.
    np.testing.assert_allclose(moving[:, 4], np.sqrt(1.25 / 2))
    assert stage(10, exposed=1).expose(7.0, 5.0, 4 * s.time)[:, 4].max() == 0


def test_light_that_is_on_for_half_an_exposure_is_half_as_bright() -> None:
    s = stage(frames=6)
    rows = s.expose(10.0 * ((s.time > 2) & (s.time < 3.5)), 1.0, 1.0)
    np.testing.assert_allclose(rows[:, [0, 5]], [[2, 10], [3, 5]])


# Labels follow from light.


def drawn(level: NDArray, *, sigma: NDArray | float = 1.0, x: NDArray | float = 30.0, released: tuple = ()) -> Thing:
    s = stage(len(level))
    rows = s.expose(100 * np.repeat(level, PARTS), 30.0, np.repeat(x, PARTS) if np.ndim(x) else x, 0.0,
                    np.repeat(sigma, PARTS) if np.ndim(sigma) else sigma)  # fmt: skip
    return Thing("toy", rows, (-6, -7), released)


def test_course_is_the_light(images: Images) -> None:
    level = np.r_[np.zeros(30), np.linspace(1, 0.2, 70)]
    shown = course(drawn(level), images, 100)
    np.testing.assert_allclose(shown.light, 100 * level)
    assert shown.x[50] == 30
    image = picture(images, [[0, 60, 60, 0.0, 1.0, 1.0]])
    assert shown.width[50] == pytest.approx(np.sqrt(1 / (2 * np.pi * image.max())), rel=1e-3)
    wide = course(drawn(level, sigma=5.0), images, 100)
    assert wide.width[50] == pytest.approx(5.0, rel=0.12)  # a little more: the rings are light elsewhere


def test_course_of_nothing(images: Images) -> None:
    empty = Thing("nothing", np.zeros((0, 6)), (-6, -7))
    shown = course(empty, images, 20)
    assert (shown.light == 0).all()
    assert moments(shown) == []
    assert changes(empty, shown) == []


def test_the_same_light_is_an_event_only_if_it_was_drawn_as_one(images: Images) -> None:
    t = np.arange(100.0)
    level = np.where(t >= 40, np.exp(-(t - 40) / 6), 0)
    fused, other = (judge(drawn(level, released=r), images, 100, QUIET)[1] for r in ((40,), ()))
    assert [(m.frame, m.class_id) for m in fused] == [(40, FUSION.id)]
    assert [(m.frame, m.class_id) for m in other] == [(40, UNCLEAR)]
    disturbed = judge(drawn(level, released=(40,)), images, 100, np.array([42]))[1]
    assert [m.class_id for m in disturbed] == [UNCLEAR]


def test_a_release_that_light_does_not_show_is_unclear(images: Images) -> None:
    found = judge(drawn(np.ones(100), released=(40,)), images, 100, QUIET)[1]
    assert [(m.frame, m.class_id) for m in found] == [(40, UNCLEAR)]


def test_a_part_of_something_larger_has_no_moments(images: Images) -> None:
    thing = drawn(np.r_[np.ones(40), np.zeros(60)])
    assert [m.class_id for m in judge(thing, images, 100, QUIET)[1]] == [UNCLEAR]
    piece = Thing(thing.name, thing.clouds, thing.classes, part=True)
    assert judge(piece, images, 100, QUIET)[1] == []


def test_changes_are_told_with_their_classes(images: Images) -> None:
    thing = drawn(np.r_[np.zeros(30), np.ones(30), np.zeros(40)])
    rows = changes(thing, course(thing, images, 100))
    assert {row[3] for row in rows} == {-6, -7}
    up, down = ([row[0] for row in rows if row[3] == c] for c in (-6, -7))
    assert all(30 <= t <= 34 for t in up)
    assert all(60 <= t <= 64 for t in down)
    moves = drawn(np.ones(100), x=np.linspace(5, 60, 100))
    assert {row[3] for row in changes(moves, course(moves, images, 100))} == {-3}


@pytest.mark.parametrize("kind", [k for k in MIXES if k not in ("none", "mixed")])
def test_fusions_are_mostly_what_their_light_says(images: Images, kind: str) -> None:
    s = stage(frames=160)
    classes = []
    for _ in range(40):
        make = s.rng.choice(list(MIXES[kind]))
        found = judge(make(s, s.rng.uniform(20, 120)), images, 160, QUIET)[1]
        classes += [m.class_id for m in found]
    expected = {"ph_sensitive": {0, 2}, "latent": {2}, "ph_insensitive": {0, 1}}[kind]
    assert set(classes) - {UNCLEAR} == expected
    assert np.isin(classes, list(expected)).mean() > 0.6


@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_what_does_not_fuse_has_no_events(images: Images, make: object) -> None:
    s = stage(frames=80)
    things = [thing for _ in range(8) for thing in make(s)]
    assert any(len(thing.clouds) for thing in things)
    for thing in things:
        assert thing.released == ()
        assert thing.clouds.shape[1] == 6
        assert np.isfinite(thing.clouds).all()
        assert (thing.clouds[:, 5] > 0).all()
        shown, found = judge(thing, images, 80, QUIET)
        assert {m.class_id for m in found} <= {UNCLEAR}
        assert all(row[3] < 0 and row[3] in BY_ID for row in changes(thing, shown))


# Whole movies.


def test_same_seed_same_movie(movies: list[SimulatedMovie]) -> None:
    again = simulate_widefield(1, events=6, **SIZE)
    np.testing.assert_array_equal(again.frames, movies[0].frames)
    np.testing.assert_array_equal(again.artefacts, movies[0].artefacts)
    np.testing.assert_array_equal(again.unclear, movies[0].unclear)
    assert again.events == movies[0].events
    assert again.recipe == movies[0].recipe
    assert not np.array_equal(movies[1].frames, movies[0].frames)


def test_movies_and_their_truth_have_the_right_shape(movies: list[SimulatedMovie]) -> None:
    assert sum(len(sim.events) for sim in movies) >= 24
    for sim in movies:
        assert sim.frames.shape == (90, 96, 104)
        assert sim.frames.dtype == np.uint16
        assert sim.frames.max() <= 2 ** sim.recipe["bits"] - 1
        assert sim.frames.std() > 0
        assert 0.065 <= sim.pixel_size_um <= 0.2
        assert 0.02 <= sim.frame_interval_s <= 2
        assert sim.mask.shape == (96, 104)
        order = [(e.frame, e.y, e.x) for e in sim.events]
        assert len(order) == len(set(order))
        for e in sim.events:
            assert e.class_id in (FUSION.id, NO_CLOUD.id, LATENT.id)
            assert 0 <= e.frame < 90
            assert -0.5 < e.y < 95.5
            assert -0.5 < e.x < 103.5
            assert min(e.duration, e.amplitude, e.sigma, e.peak_z) > 0
        assert (sim.artefacts[:, 0] < 0).all()
        assert sim.unclear.shape[1] == 3
        everywhere = np.isnan(sim.artefacts[:, 2])
        assert np.isin(sim.artefacts[everywhere, 0], (-5, -8)).all()


def test_events_are_seen_in_noise_free_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {}

    def camera(light: NDArray, *_: object) -> tuple[NDArray, float]:
        kept["light"] = light.copy()
        return np.rint(light).astype(np.uint16), 1.0

    monkeypatch.setattr(widefield, "expose", camera)
    monkeypatch.setattr(widefield, "_populate", lambda *_: [])
    still = Disturbance(np.zeros((90, 2)), np.zeros(90), np.ones(90), np.ones(90))
    monkeypatch.setattr(widefield, "disturb", lambda *_: still)
    monkeypatch.setattr(widefield.Backdrop, "frame", lambda *_: np.ones((96, 104), np.float32))
    monkeypatch.setattr(widefield, "vignette", lambda *_: np.ones((96, 104), np.float32))
    checked = 0
    for seed in (11, 12, 13):
        sim = simulate_widefield(seed, events=5, **SIZE)
        assert len(sim.unclear) < len(sim.events)
        for e in sim.events:
            y, x = round(e.y), round(e.x)
            light = kept["light"][:, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean((1, 2))
            change = light[e.frame] - np.median(light[max(e.frame - 8, 0) : e.frame - 1])
            if e.class_id == NO_CLOUD.id:
                assert change < -0.25 * e.amplitude
                checked += 1
            elif e.kind in ("ph_sensitive", "latent"):
                assert change > 0.25 * e.amplitude
                checked += 1
    assert checked >= 8


@pytest.mark.parametrize("seed", [3, 4])
def test_kind_none_has_no_events(seed: int) -> None:
    params = SimulationParams.make(recipe="widefield", kind="none", seed=seed, events=5, **SIZE)
    sim = simulate(params)
    assert sim.events == ()
    assert len(sim.artefacts) > 0


def test_scale_is_taken_from_the_parameters() -> None:
    params = SimulationParams.make(
        recipe="widefield", seed=5, pixel_size_um=0.123, frame_interval_s=0.5, frames=20, height=48, width=40
    )
    sim = simulate(params)
    assert (sim.pixel_size_um, sim.frame_interval_s) == (0.123, 0.5)
    assert sim.frames.shape == (20, 48, 40)


@pytest.mark.parametrize("kind", list(MIXES))
def test_the_smallest_movie(kind: str) -> None:
    assert simulate_widefield(1, frames=8, height=16, width=16, kind=kind).frames.shape == (8, 16, 16)


def test_cameras_give_back_their_light() -> None:
    light = np.full((30, 40, 40), 50, np.float32)
    seen = set()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        camera = {**draw_camera(rng), "hot_share": 0.0, "cosmic_hits": 0.0}
        counts, gain = expose(light, camera, rng, None)
        seen.add((camera["camera"], camera["bits"]))
        assert counts.max() <= 2 ** camera["bits"] - 1
        if camera["bits"] != 8:
            assert (counts.mean() - camera["offset"]) / gain == pytest.approx(50, rel=0.1)
            # Multiplied at random, photons are twice as noisy.
            noise = (counts / gain).std(0).mean() ** 2
            assert noise > (85 if camera["camera"] == "emccd" else 45)
    assert len(seen) > 5


def test_disturbances_are_told() -> None:
    none = np.zeros(50)
    shift, focus, lamp = np.zeros((50, 2)), none.copy(), np.ones(50)
    shift[20:, 0] += 3
    focus[30:] += 0.4
    lamp[41] *= 0.5
    moved, unlike = Disturbance(shift, focus, lamp, np.ones(50)).sudden
    assert moved.tolist() == [20]
    assert unlike.tolist() == [30, 41, 42]
    rng = np.random.default_rng(1)
    assert all(len(np.concatenate(disturb(rng, 100).sudden)) < 60 for _ in range(60))
