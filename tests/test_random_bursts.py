"""The whole way of a movie, with a stand-in for the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from model_material import CLASSES, Rising, make_card, write_card
from movie_material import as_movie, flash, noise, step_down

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.classify import classify
from ivea_fiji.errors import Cancelled, ModelError, MovieError, ParameterError
from ivea_fiji.events.model import Result
from ivea_fiji.networks.registry import PATH_VARIABLE
from ivea_fiji.params import RandomParams
from ivea_fiji.random_bursts import detect_random

EVENTS = [(25, 20, 16), (40, 50, 60), (55, 30, 40)]
"""Frame, y and x of the flashes in `scene`."""


@pytest.fixture(autouse=True)
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path_factory.mktemp("models")
    write_card(root / "evit28")
    monkeypatch.setenv(PATH_VARIABLE, str(root))
    answer_with(monkeypatch, Rising())


def answer_with(monkeypatch: pytest.MonkeyPatch, classifier) -> None:
    for place in ("ivea_fiji.classify", "ivea_fiji.random_bursts"):
        monkeypatch.setattr(f"{place}.make_classifier", lambda folder, runtime, threads: classifier)


def scene(frames: int = 90) -> np.ndarray:
    stack = noise(frames, 64, 80, seed=1)
    for t, y, x in EVENTS:
        flash(stack, t, y, x, 250)
    step_down(stack, 70, 10, 70, 200)
    return stack


def run(stack: np.ndarray, **changes) -> Result:
    return detect_random(stack.astype(np.float32), **{"threads": 1, "pixel_size_um": 0.1, **changes})


def places(result: Result) -> list[tuple[int, int, int]]:
    return [(e.frame, round(e.y), round(e.x)) for e in result.events]


# What comes out


def test_events_of_a_movie() -> None:
    result = run(scene())
    assert places(result) == EVENTS
    assert [e.event for e in result.events] == [1, 2, 3]
    for e in result.events:
        assert (e.class_id, e.class_name) == (0, "fusion")
        assert e.probability == pytest.approx(0.9)
        assert e.peak_z > 7
        assert e.kinetics.peak_df == pytest.approx(250 * 0.6, rel=0.4)
        assert 1 < e.kinetics.decay_tau < 9
    assert result.notes == ("The frame interval is unknown: results are in frames only; it can be given as "
                            "frame_interval_s.",)


def test_traces_and_tiles() -> None:
    result = run(scene())
    traces = result.traces
    assert traces.raw.shape == traces.background.shape == (3, 121)
    assert traces.offset.tolist() == list(range(-20, 101))
    # Beyond the ends of the movie there is nothing.
    np.testing.assert_array_equal(np.isnan(traces.raw[0]), 25 + traces.offset >= 90)
    assert traces.offset[np.nanargmax(traces.raw[1])] == 0
    assert result.patches.shape[:2] == (3, len(result.patch_offsets))
    assert result.patch_events == (1, 2, 3)
    assert result.mean_image.shape == (64, 80)
    np.testing.assert_allclose(result.mean_image.mean(), 500, rtol=0.02)


@pytest.mark.parametrize("before", [1, 4, 6, 20])
def test_tiles_are_of_the_frames_they_say(before: int) -> None:
    result = run(scene(), window_before=before, window_after=9)
    assert min(result.patch_offsets) >= -before
    assert max(result.patch_offsets) <= 9
    movie, r = scene(), result.patches.shape[2] // 2
    event = result.events[2]
    for k, offset in enumerate(result.patch_offsets):
        frame = movie[event.frame + offset, 30 - r : 31 + r, 40 - r : 41 + r]
        np.testing.assert_allclose(result.patches[2, k], frame, rtol=1e-5)


def test_rejected_say_why() -> None:
    result = run(scene())
    assert {r.reason for r in result.rejected} <= {"artefact", "repeat"}
    assert any((round(r.y), round(r.x)) == (10, 70) and r.reason == "artefact" for r in result.rejected)
    assert len(result.events) + len(result.rejected) == result.learned["candidates"]


def test_what_ran_is_told() -> None:
    result = run(scene(), vision_radius=9, confidence=0.7)
    assert result.model["name"] == "evit28"
    assert result.model["threshold"] == 0.7
    assert run(scene()).model["threshold"] == 0.5
    assert result.model["classes"] == [c.name for c in CLASSES]
    assert result.learned["vision_radius_px"] == 9
    assert set(result.timings) == {"open", "thresholds", "candidates", "classification", "suppression", "measurement"}
    assert all(seconds >= 0 for seconds in result.timings.values())


def test_the_same_again_with_other_threads() -> None:
    a, b = run(scene()), run(scene(), threads=3)
    assert a.events == b.events
    assert a.rejected == b.rejected


def test_an_event_is_reported_once() -> None:
    stack = noise(90, seed=2)
    for k in range(6):  # restless: it flares up again and again while it fades
        flash(stack, 30 + 3 * k, 30, 30, 300 - 45 * k, decay=3)
    assert len(run(stack).events) == 1


# What is asked for


def test_confidence() -> None:
    assert len(run(scene(), confidence=0.89).events) == 3
    result = run(scene(), confidence=0.95)
    assert result.events == ()
    assert sum(r.reason == "below threshold" for r in result.rejected) >= 3


def test_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Rising(class_id=2))
    assert {e.class_name for e in run(scene()).events} == {"latent_fusion"}
    assert len(run(scene(), classes="fusion, latent_fusion").events) == 3
    for everything in ("all", "", " , "):
        assert len(run(scene(), classes=everything).events) == 3
    result = run(scene(), classes="fusion,fusion_without_cloud")
    assert result.events == ()
    assert sum(r.reason == "class not wanted" for r in result.rejected) == 3
    assert result.notes[-1] == "No events of the classes asked for were found, but 3 of other classes."


def test_asking_for_a_class_never_adds_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeat with another class than the event it repeats must not come up when that event is not wanted."""

    class Both:
        def predict(self, patches: np.ndarray) -> np.ndarray:
            out = np.zeros((len(patches), len(CLASSES)), np.float32)
            latent = patches[:, 14:20, 14:18, 14:18].mean(axis=(1, 2, 3)) > 0.45
            out[latent, 2], out[~latent, 0] = 1, 0.9
            return out

    answer_with(monkeypatch, Both())
    stack = noise(90, seed=3)
    for k in range(5):
        flash(stack, 30 + 4 * k, 30, 30, 300 - 50 * k, decay=4)
        flash(stack, 30, 30, 30 + 4 * k, 200 - 30 * k, decay=20)
    everything = {(e.frame, e.y, e.x) for e in run(stack).events}
    for name in ("fusion", "latent_fusion"):
        assert {(e.frame, e.y, e.x) for e in run(stack, classes=name).events} <= everything


def test_the_mask_restricts(tmp_path: Path) -> None:
    mask = np.zeros((64, 80), np.uint8)
    mask[:, :50] = 255
    tifffile.imwrite(tmp_path / "cell.tif", mask)
    result = run(scene(), cell_mask=str(tmp_path / "cell.tif"))
    assert places(result) == [EVENTS[0], EVENTS[2]]
    assert all(r.x < 50 for r in result.rejected)
    mask[:, :] = 0
    mask[60:, :5] = 255
    tifffile.imwrite(tmp_path / "corner.tif", mask)
    result = run(scene(), cell_mask=str(tmp_path / "corner.tif"), threshold_factor=1.5, wide_search=False)
    assert result.notes[-1] == (
        "No events were found: all 4 places where the movie changes lie outside the cell mask."
    )


def test_the_frame_range_keeps_the_numbers_of_the_file() -> None:
    result = run(scene(), first_frame=31, last_frame=80)
    assert places(result) == [(t - 30, y, x) for t, y, x in EVENTS[1:]]
    assert [result.movie.file_frame(e.frame) for e in result.events] == [t + 1 for t, *_ in EVENTS[1:]]


def test_an_opened_movie_and_a_file_give_the_same(tmp_path: Path) -> None:
    stack = scene().astype(np.uint16)
    tifffile.imwrite(tmp_path / "cell.tif", stack, imagej=True, metadata={"axes": "TYX"})
    asked = RandomParams(threads=1)
    results = [detect_random(movie, asked) for movie in (stack, as_movie(stack), tmp_path / "cell.tif")]
    assert results[0].events == results[1].events == results[2].events
    assert len(results[0].events) == 3


def test_single_parameters_change_the_set() -> None:
    params = RandomParams(threads=1, confidence=0.95)
    result = detect_random(scene(), params, confidence=0.6)
    assert len(result.events) == 3
    assert result.params == params.model_copy(update={"confidence": 0.6})


# Notes and faults


def test_short_movie() -> None:
    stack = scene()[20:34]
    result = run(stack)
    assert any(note.startswith("The movie has 14 frames and the network looks at 28:") for note in result.notes)
    assert places(result) == [(5, 20, 16)]
    assert np.isnan(result.traces.raw[0, :15]).all()
    assert np.isfinite(result.traces.raw[0, 15:29]).all()


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_movies_of_very_few_frames_are_no_fault(frames: int) -> None:
    assert isinstance(run(scene()[24 : 24 + frames]), Result)


def test_events_at_the_ends_and_borders() -> None:
    stack = noise(60, 64, 64, seed=4)
    wanted = [(2, 30, 30), (20, 0, 0), (22, 63, 40), (40, 30, 63), (58, 30, 30)]
    for t, y, x in wanted:
        flash(stack, t, y, x, 400)
    result = run(stack, pixel_size_um=0, least_frames=0)
    assert len(result.events) == 5
    assert [e.cut for e in result.events] == ["2 frames before", "", "", "", "1 frames after"]
    for (t, y, x), e in zip(wanted, result.events, strict=True):
        assert abs(e.frame - t) <= 1
        assert np.hypot(e.y - y, e.x - x) < 1.5
        assert -0.5 <= e.y <= 63.5
        assert -0.5 <= e.x <= 63.5


def test_what_nobody_could_tell_at_the_ends_is_not_reported() -> None:
    stack = noise(60, 64, 64, seed=4)
    for t in (2, 30, 58):
        flash(stack, t, 30, 30, 400)
    result = run(stack, pixel_size_um=0)
    assert [abs(e.frame - 30) <= 1 for e in result.events] == [True]
    assert sum(r.reason == "cut" for r in result.rejected) == 2
    assert any("2 likely events lie so near to the first or last frame" in note for note in result.notes)


@pytest.mark.parametrize("value", [0, 100])
def test_blank_movie(value: int) -> None:
    with pytest.raises(MovieError, match=f"is blank \\(all pixels are {value}\\)"):
        run(np.full((30, 16, 16), value))


def test_nothing_changes_enough() -> None:
    stack = noise(30, 20, 20, seed=6)
    result = run(stack, threshold_factor=5)
    assert result.events == ()
    assert result.rejected == ()
    assert result.traces.raw.shape == (0, 121)
    assert result.patches.shape[0] == 0
    assert result.notes[-1] == ("No events were found: nowhere does the movie change by more than 21 times its noise; "
                                "if fainter events are expected, lower the threshold factor.")


def test_nothing_is_likely_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, Rising(chance=0.31))
    result = run(scene())
    count = int(result.learned["candidates"])
    assert result.notes[-1] == (
        f"No events were found: of {count} places where the movie changes by more than its noise, the one most like "
        "an exocytosis has a probability of 0.31, below the threshold of 0.50."
    )


def test_unknown_class_parameter_and_model() -> None:
    with pytest.raises(ParameterError, match=r"has no event class 'docking'; it has fusion, fusion_without_cloud, lat"):
        run(scene(), classes="fusion,docking")
    with pytest.raises(ParameterError, match="There is no parameter 'radius'"):
        run(scene(), radius=3)
    with pytest.raises(ModelError, match="There is no model 'evit29'"):
        run(scene(), model="evit29")
    with pytest.raises(MovieError):
        detect_random("no such file.tif")


def test_pixels_that_are_no_numbers() -> None:
    stack = scene()
    stack[::7, :5, :5] = np.nan
    stack[12, :30] = np.nan
    stack[80, 60, 70] = np.inf
    result = run(stack)
    assert places(result) == EVENTS
    assert any("NaN or infinite" in note for note in result.notes)
    assert np.isfinite([e.strength for e in result.events]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float64])
def test_pixel_types(dtype: type) -> None:
    stack = scene() / 4 if dtype is np.uint8 else scene()
    result = detect_random(stack.astype(dtype), threads=1)
    assert places(result) == EVENTS


def test_negative_counts() -> None:
    assert places(run(scene() - 600)) == EVENTS


def test_stopping() -> None:
    class Watch:
        def __init__(self, stage: str) -> None:
            self.stage, self.seen = stage, []

        def update(self, stage: str, done: int, total: int) -> None:
            assert 0 < done <= total
            self.seen.append(stage)

        def cancelled(self) -> bool:
            return bool(self.seen) and self.seen[-1] == self.stage

    watch = Watch("never")
    run(scene(), progress=watch)
    assert sorted(set(watch.seen)) == ["candidates", "classification", "measurement"]
    for stage in ("candidates", "classification"):
        with pytest.raises(Cancelled):
            run(scene(), progress=Watch(stage))


# Classification by itself


def test_frames_are_moved_to_the_peak_within_the_movie() -> None:
    stack = noise(40, seed=5)
    flash(stack, 39, 20, 20, 300)
    stack[0] += 0  # the first frame is as all others
    flash(stack, 1, 40, 40, 300)
    movie, params = as_movie(stack), RandomParams(threads=1)
    found = find_candidates(movie, learn_thresholds(movie, params), params)
    found = found[found.peak > 7]
    assert len(found) == 2
    seen = []

    class Spy:
        def predict(self, patches: np.ndarray) -> np.ndarray:
            seen.append(patches)
            return np.full((len(patches), len(CLASSES)), 1 / len(CLASSES), np.float32)

    scores = classify(movie, found, make_card(), Spy(), 8)
    assert scores.frame.tolist() == [1, 39]
    assert scores.probabilities.shape == (2, len(CLASSES))
    patches = seen[0]
    assert patches.shape == (2, 28, 32, 32)
    # Frame 13 of a sequence is the event's: brightest in its middle, darker before.
    middle = patches[:, :, 14:18, 14:18].mean(axis=(2, 3))
    assert middle.argmax(axis=1)[0] == 13
    assert (middle[:, 13] > middle[:, :12].max(axis=1) + 0.3).all()


def test_doubt_is_settled_by_looking_from_more_sides() -> None:
    stack = noise(60, seed=7)
    for t, y, x in ((20, 20, 20), (30, 40, 44)):
        flash(stack, t, y, x, 300)
    movie, params = as_movie(stack), RandomParams(threads=1)
    found = find_candidates(movie, learn_thresholds(movie, params), params)
    found = found[found.peak > 7]
    assert len(found) == 2
    asked: list[np.ndarray] = []

    class Doubtful:
        """Sure of the second sequence; of the first it says something else at every look."""

        def predict(self, patches: np.ndarray) -> np.ndarray:
            asked.append(patches)
            chance = np.array([0.5, 0.999]) if len(asked) == 1 else np.full(len(patches), 0.1 * len(asked))
            out = np.zeros((len(patches), len(CLASSES)), np.float32)
            out[:, 0], out[:, -1] = chance, 1 - chance
            return out

    scores = classify(movie, found, make_card(), Doubtful(), 8)
    assert [len(a) for a in asked] == [2, 1, 1, 1]
    np.testing.assert_allclose(scores.probabilities[:, 0], [(0.5 + 0.2 + 0.3 + 0.4) / 4, 0.999], rtol=1e-5)
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1, rtol=1e-5)
    straight = asked[0][0]
    for other, turned in zip(asked[1:], (straight[:, ::-1], straight[:, :, ::-1], straight.transpose(0, 2, 1)),
                             strict=True):
        np.testing.assert_array_equal(other[0], turned)


def test_frames_put_before_move_the_events() -> None:
    """What is found in a movie is found later by as much in a movie with as many frames put before it."""
    stack = noise(105, 64, 80, seed=9)
    for t, y, x in EVENTS:
        flash(stack, t + 15, y, x, 250)
    assert places(run(stack)) == [(t + 15, y, x) for t, y, x in EVENTS]
    assert places(run(stack[15:])) == EVENTS


# Memory

_GROWTH = """
import resource, sys
sys.path[:0] = {paths!r}
import numpy as np
from model_material import Rising
from ivea_fiji import classify, patches, random_bursts
from ivea_fiji.candidates import detect
from ivea_fiji.movie.movie import Movie

# What is held at once, made small beside the movies.
patches._WINDOW_BYTES, patches._BLOCK_BYTES, detect._BLOCK_PIXELS = 4_000_000, 8_000_000, 600_000

class Endless:
    dtype = np.dtype(np.uint16)
    shape = ({frames}, 192, 192)
    def read(self, start, stop):
        rng = np.random.default_rng(start)
        out = rng.integers(90, 110, (stop - start, 192, 192), np.uint16)
        for t in range(start, stop):
            if t % 30 < 3:
                out[t - start, 60:64, 60:64] += 60
        return out

classify.make_classifier = lambda *a: Rising()
result = random_bursts.detect_random(Movie(Endless(), "endless"), model={model!r}, threads=1)
print(len(result.events), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource is not on Windows")
def test_memory_does_not_grow_with_the_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(tmp_path / "m")
    here = Path(__file__).resolve().parent
    used = []
    for frames in (600, 2400):
        code = _GROWTH.format(paths=[str(here), str(here.parent)], frames=frames, model=str(tmp_path / "m"))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        events, peak = map(int, done.stdout.split())
        assert events >= frames // 30 - 2
        used.append(peak / (1 if sys.platform == "linux" else 1024))
    # 1800 frames more are 133 MB.
    assert used[1] - used[0] < 60_000
