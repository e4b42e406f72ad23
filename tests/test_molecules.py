"""Movies of single molecules: reproducible, and their labels follow from the light."""

from __future__ import annotations

import numpy as np
import pytest

from ivea_fiji.events.classes import ARTEFACTS, FUSION, LATENT, NO_CLOUD
from ivea_fiji.simulation import molecules_large, molecules_optics, molecules_spots
from ivea_fiji.simulation.molecules import simulate_molecules
from ivea_fiji.simulation.molecules_camera import Camera, stray_hits
from ivea_fiji.simulation.molecules_release import MIXES, release
from ivea_fiji.simulation.molecules_scene import Bag, Scene
from ivea_fiji.simulation.molecules_truth import course_of, read
from ivea_fiji.simulation.truth import SimulatedMovie

SIZE = {"frames": 90, "height": 72, "width": 80}
SEEDS = range(1, 9)
FLAT = np.ones(120)


@pytest.fixture(scope="module")
def movies() -> list[SimulatedMovie]:
    return [simulate_molecules(seed, events=6, **SIZE) for seed in SEEDS]


def quiet_scene(seed: int = 0, frames: int = 120) -> Scene:
    inside = np.argwhere(np.ones((48, 48), bool)) + 8
    return Scene(np.random.default_rng(seed), frames, (64, 64), inside, 1.3, 1.0, 1000.0, 0.1, [], [])


def test_same_seed_same_movie(movies: list[SimulatedMovie]) -> None:
    again = simulate_molecules(1, events=6, **SIZE)
    np.testing.assert_array_equal(again.frames, movies[0].frames)
    np.testing.assert_array_equal(again.artefacts, movies[0].artefacts)
    np.testing.assert_array_equal(again.unclear, movies[0].unclear)
    assert again.events == movies[0].events
    assert again.recipe == movies[0].recipe
    assert not np.array_equal(movies[1].frames, movies[0].frames)


def test_counts_and_truth(movies: list[SimulatedMovie]) -> None:
    for sim in movies:
        assert sim.frames.shape == (90, 72, 80)
        assert sim.frames.dtype == np.uint16
        assert (sim.frames.std(axis=0) == 0).mean() < 0.001  # a dead pixel now and then
        assert sim.mask.shape == (72, 80)
        assert len(sim.events) + len(sim.unclear) >= 1
        for e in sim.events:
            assert 0 < e.frame < 90
            assert -0.5 <= e.y <= 71.5
            assert -0.5 <= e.x <= 79.5
            assert 1 <= e.duration <= 30
            assert e.amplitude > 0
            assert e.sigma > 0
            assert e.peak_z > 0
        order = [(e.frame, e.y, e.x) for e in sim.events]
        assert order == sorted(order)
        assert sim.unclear.shape[1:] == (3,)
        assert np.isfinite(sim.unclear).all()
        assert np.isin(sim.artefacts[:, 0], [c.id for c in ARTEFACTS]).all()
        assert np.isfinite(sim.artefacts[:, :2]).all()
    kinds = {e.class_id for sim in movies for e in sim.events}
    assert kinds == {FUSION.id, NO_CLOUD.id, LATENT.id}


def test_most_releases_are_seen_as_events(movies: list[SimulatedMovie]) -> None:
    seen = sum(len(sim.events) for sim in movies)
    assert 0.6 * 6 * len(movies) < seen <= 6 * len(movies)


def test_none_has_no_events_but_other_things() -> None:
    for seed, events in ((4, None), (5, 7)):
        sim = simulate_molecules(seed, kind="none", events=events, **SIZE)
        assert sim.events == ()
        assert len(sim.artefacts) > 10
        assert not set(sim.recipe["objects"]) & {"ph_sensitive", "ph_insensitive", "vanish", "latent"}


@pytest.mark.parametrize(("kind", "names"), [("latent", {"latent"}), ("ph_sensitive", {"ph_sensitive", "kiss_and_run"}),
                                             ("ph_insensitive", {"ph_insensitive", "partial", "vanish"})])  # fmt: skip
def test_kinds(kind: str, names: set[str]) -> None:
    sim = simulate_molecules(3, kind=kind, events=6, **SIZE)
    assert sim.events
    assert {e.kind for e in sim.events} <= names


def test_mixes_are_shares() -> None:
    for name, mix in MIXES.items():
        assert sum(mix.values()) == pytest.approx(0 if name == "none" else 1)


def test_scale_is_taken() -> None:
    sim = simulate_molecules(5, pixel_size_um=0.123, frame_interval_s=0.5, **SIZE)
    assert (sim.pixel_size_um, sim.frame_interval_s) == (0.123, 0.5)


# Labels follow from light


def of_one(light: np.ndarray, kind: str = "hand", released: tuple[int, ...] = (), spread: np.ndarray | float = 0.0):
    """Return a bag of 400 molecules around (30, 20) that share the given light."""
    own = np.random.default_rng(0).normal(0, 1, (2, 400))
    wide = (1 + np.asarray(spread) * np.ones(len(light)))[:, None]
    return Bag(kind, 0, 30 + own[0] * wide, 20 + own[1] * wide, np.repeat(light[:, None] / 400, 400, axis=1), released)


def test_a_course_by_hand() -> None:
    made = course_of(of_one(np.full(50, 8.0)), 60, 1.5, np.linspace(1, 0.5, 60))
    np.testing.assert_allclose(made.light[:50], 8 * np.linspace(1, 0.5, 60)[:50], rtol=1e-6)
    assert made.light[50:].max() == 0
    np.testing.assert_allclose(made.width, np.hypot(1, 1.5), rtol=0.05)  # a Gaussian seen through a Gaussian
    np.testing.assert_allclose(made.y, 30, atol=0.15)
    np.testing.assert_allclose(made.x, 20, atol=0.15)


def test_a_distant_part_does_not_move_the_middle() -> None:
    near, far = of_one(np.full(20, 6.0)), of_one(np.full(20, 4.0))
    both = Bag("two", 0, np.c_[near.y, far.y + 15], np.c_[near.x, far.x], np.c_[near.light, far.light])
    made = course_of(both, 20, 1.5, np.ones(20))
    np.testing.assert_allclose(made.y, 30, atol=0.3)
    np.testing.assert_allclose(made.light, 10, rtol=1e-5)
    np.testing.assert_allclose(made.brightness, course_of(near, 20, 1.5, np.ones(20)).brightness, rtol=0.1)


def test_what_was_drawn_as_no_release_is_never_an_event() -> None:
    time = np.arange(120)
    flash = np.where(time < 50, 0, np.exp(-np.maximum(time - 50, 0) / 5))
    still = np.zeros((120, 2))
    for released, sure in (((50,), 1), ((), 0)):
        bag = of_one(flash, released=released)
        events, unclear, _ = read(bag, course_of(bag, 120, 1.5, FLAT), (64, 64), still + (2, -1))
        assert (len(events), len(unclear)) == (sure, 1 - sure)
        frame, y, x = (events[0].frame, events[0].y, events[0].x) if sure else unclear[0]
        assert frame == 50
        assert (y, x) == (pytest.approx(32, abs=0.2), pytest.approx(19, abs=0.2))  # where the stage has moved it
    outside = of_one(flash, released=(50,))
    assert read(outside, course_of(outside, 120, 1.5, FLAT), (64, 64), still + (60, 0))[:2] == ([], [])


def test_an_abrupt_moment_that_is_no_event_has_a_row() -> None:
    light = np.ones(120)
    light[40:60] = 0.1
    bag = of_one(light)
    events, unclear, rows = read(bag, course_of(bag, 120, 1.5, FLAT), (64, 64), np.zeros((120, 2)))
    assert (events, unclear) == ([], [])
    abrupt = {t for _, t, *_ in rows if np.abs(t - np.array([40, 60])).min() <= 2}
    assert {min((40, 60), key=lambda s: abs(s - t)) for t in abrupt} == {40, 60}


@pytest.mark.parametrize(("how", "class_id"), [("latent", LATENT.id), ("vanish", NO_CLOUD.id), ("flash", FUSION.id),
                                               ("cloud", FUSION.id)])  # fmt: skip
def test_releases_look_as_they_should(how: str, class_id: int) -> None:
    found = []
    for seed in range(20):
        scene = quiet_scene(seed)
        release(scene, how)
        (bag,) = scene.bags
        made = course_of(bag, 120, scene.psf, FLAT)
        events, _, _ = read(bag, made, (64, 64), np.zeros((120, 2)))
        assert len(events) <= 1
        for e in events:
            found.append(e.class_id)
            near = made.brightness[max(e.frame - 4, 0) : e.frame + 9]
            assert np.ptp(near) > 0.2 * made.brightness.max(), "it changes where the truth says"
    assert len(found) >= 12
    assert found.count(class_id) > 0.6 * len(found)


def test_truth_is_visible_in_the_movie_without_noise() -> None:
    """The picture of one release: nothing before, light at its place in its frame."""
    scene = quiet_scene(2)
    release(scene, "latent")
    (bag,) = scene.bags
    (event,), _, _ = read(bag, course_of(bag, 120, scene.psf, FLAT), (64, 64), np.zeros((120, 2)))
    pad = molecules_optics.PAD
    image, _ = molecules_optics.point_image(np.random.default_rng(0), 0.1)
    lens = molecules_optics.Lens(image, np.zeros((2, 64 + 2 * pad, 64 + 2 * pad)), (64, 64))
    k = event.frame - bag.start
    sheet = molecules_optics.sheet_of(bag.y[k], bag.x[k], bag.light[k], (64, 64))
    picture = lens(sheet, np.zeros(2), 0.0, 0.5, 1.0)
    assert picture.sum() == pytest.approx(bag.light[k].sum(), rel=0.1)
    y, x = np.unravel_index(picture.argmax(), picture.shape)
    assert np.hypot(y - event.y, x - event.x) < 2.5


# The pieces

MAKERS = molecules_spots.SPOTS | molecules_large.LARGE


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_other_objects_are_never_events(make) -> None:
    lit = 0
    for seed in range(8):
        scene = quiet_scene(seed)
        make(scene)
        for bag in scene.bags:
            assert bag.y.shape == bag.x.shape == bag.light.shape
            assert 0 <= bag.start
            assert bag.start + len(bag.light) <= 120
            assert np.isfinite(bag.y).all()
            assert np.isfinite(bag.light).all()
            assert bag.light.min() >= 0
            events, _, _ = read(bag, course_of(bag, 120, scene.psf, FLAT), (64, 64), np.zeros((120, 2)))
            assert events == []
            lit += bool(bag.light.max() > 0)
    assert lit >= 4


def test_a_crowd_has_so_many() -> None:
    scene = quiet_scene()
    molecules_large.crowd(scene, 30)
    assert [bag.kind for bag in scene.bags] == ["crowd"] * 30


def test_molecules_on_a_sheet_by_hand() -> None:
    pad = molecules_optics.PAD
    sheet = molecules_optics.sheet_of(np.array([3.0, 5.25]), np.array([4.0, 7.0]), np.array([2.0, 8.0]), (10, 12))
    assert sheet.shape == (10 + 2 * pad, 12 + 2 * pad)
    assert sheet[3 + pad, 4 + pad] == pytest.approx(2)
    assert sheet[5 + pad, 7 + pad] == pytest.approx(6)
    assert sheet[6 + pad, 7 + pad] == pytest.approx(2)
    assert sheet.sum() == pytest.approx(10)
    away = molecules_optics.sheet_of(np.array([-100.0]), np.array([4.0]), np.array([2.0]), (10, 12))
    assert away.sum() == 0


def test_images_of_a_molecule() -> None:
    kinds = set()
    for seed in range(12):
        image, how = molecules_optics.point_image(np.random.default_rng(seed), 0.1)
        kinds.add(how)
        assert image.sum() == pytest.approx(1)
        assert np.unravel_index(image.argmax(), image.shape) == (image.shape[0] // 2,) * 2
        width = 1 / np.sqrt(2 * np.pi * image.max()) * 0.1 * 2.355
        assert 0.19 < width < 0.5
    assert kinds == {"airy", "moffat", "astigmatic"}


def test_the_glow_moves_with_the_stage() -> None:
    pad = molecules_optics.PAD
    glow = np.zeros((2, 40 + 2 * pad, 40 + 2 * pad))
    glow[:, 20 + pad, 15 + pad] = 5
    image = np.zeros((9, 9))
    image[4, 4] = 1
    lens = molecules_optics.Lens(image, glow, (40, 40))
    none = np.zeros(glow.shape[1:])
    seen = lens(none, np.array([3.0, -4.0]), 0.0, 0.5, 0.5)
    assert np.unravel_index(seen.argmax(), seen.shape) == (23, 11)
    assert seen.max() == pytest.approx(2.5, rel=0.01)


def test_cameras_count_light() -> None:
    light = np.full((30, 32, 32), 50, np.float32)
    kinds = set()
    for seed in range(8):
        camera = Camera(np.random.default_rng(seed), (32, 32), 4.0)
        frames = camera.record(light, [(7, 3, 4, 5000.0)], None).astype(float)
        dark = Camera(np.random.default_rng(seed), (32, 32), 4.0).record(0 * light, [], None).astype(float)
        kinds.add(camera.electron)
        assert np.mean(frames[8:] - dark[8:]) / 4 == pytest.approx(50, rel=0.05)
        assert (frames[7] - frames[8])[3, 4] > 1000
        spread = frames[8:].var(axis=0).mean() / 16
        if not camera.told()["smoothed"]:
            assert spread > (90 if camera.electron else 48), "shot noise, doubled by a register of gain"
    assert kinds == {True, False}


def test_stray_hits_lie_in_the_movie() -> None:
    hits, rows = [], []
    for seed in range(20):
        more, told = stray_hits(np.random.default_rng(seed), 100, (60, 70), 50.0)
        hits += more
        rows += told
    assert len(hits) > 5
    assert len(rows) > 5
    for t, y, x, electrons in hits:
        assert 0 <= t < 100
        assert 0 <= y < 60
        assert 0 <= x < 70
        assert electrons > 0
