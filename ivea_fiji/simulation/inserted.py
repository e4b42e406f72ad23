"""Semi-synthetic movies: events of known truth drawn into a real recording that has none.

Noise, texture and motion are real; only the light of single objects is drawn. As much light that is no event is drawn
too, so that what was drawn is not the same as what is an event.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import erf

from ivea_fiji.errors import MovieError, ParameterError
from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.canvas import log_uniform
from ivea_fiji.simulation.definition import UNCLEAR, Course, Moment, agreed
from ivea_fiji.simulation.light_courses import CLASS_OF, FUSIONS, OTHERS, Draw, DrawnLight
from ivea_fiji.simulation.recorded_noise import estimate_noise, expose, temporal_sd
from ivea_fiji.simulation.recorded_spots import Places, draw_sigma
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.simulation.visibility import with_peak_z

FEWEST_FRAMES = 10
PEAK_NOISE = (2.0, 20.0)
"""Peak of an object over what the recording changes at its place by itself."""
_EVENTS = (8.0, 40.0)
"""Events per 256 x 256 px in 200 frames, log-uniform; more in longer recordings, by the square root of the length,
since no place is used twice."""
_FEWEST_EVENTS = 4
_OTHERS = (1.0, 1.6)
"""Lights that are no event for each event."""
_GAP_PX = 8.0
_TRIES = 60
_REACH_SIGMA = 4.0
_LONGEST = 30.0


@dataclass(frozen=True)
class _Placed:
    """An object at its place."""

    drawn: DrawnLight
    y: float
    x: float
    peak: float
    """Counts of its brightest moment."""
    moments: tuple[Moment, ...]

    def at(self, frame: int) -> tuple[float, float]:
        """Return where it is in a frame."""
        return self.y + float(self.drawn.course.y[frame]), self.x + float(self.drawn.course.x[frame])


def insert_events(
    frames: NDArray,
    pixel_size_um: float | None,
    frame_interval_s: float | None,
    seed: int,
    kind: str = "mixed",
    events: int = 0,
    *,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Draw events, and other lights, into a recording.

    Parameters
    ----------
    frames
        Recording ``(t, y, x)``, counts; at least 10 frames; not changed.
    pixel_size_um, frame_interval_s
        Its scale, None where unknown. The spots are as wide as the optics make them, or as the recording's own.
    seed
        Same seed and arguments, same movie.
    kind
        Which fusions: 'mixed', 'ph_sensitive', 'ph_insensitive', 'latent' or 'none'.
    events
        Number of events; 0 draws it.
    progress
        Told what is being drawn, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        The recording with the light and its shot noise; events and what is unclear, as `definition.agreed` tells them
        from the light within the movie. What is at no such place is no event, be it drawn or recorded.

    Raises
    ------
    MovieError
        If the recording is too short.
    ParameterError
        If there is no room for so many events.
    """
    if len(frames) < FEWEST_FRAMES:
        raise MovieError(
            f"The recording has {len(frames)} frames, and events can be drawn into {FEWEST_FRAMES} or more only; "
            "choose a longer one."
        )
    rng = np.random.default_rng([seed, 81533])
    mean = frames.mean(axis=0, dtype=np.float32)
    noise = estimate_noise(frames)
    sigma = draw_sigma(rng, frames, pixel_size_um)
    places = Places(rng, mean, max(_GAP_PX, 4 * sigma))
    scene = _Scene(rng, frames.shape, np.maximum(temporal_sd(frames), _step(frames)), sigma, places)
    count = _number(rng, frames.shape)
    wanted = (events or count) if FUSIONS[kind] else 0
    others = round((wanted or count) * rng.uniform(*_OTHERS))
    placed = _populate(scene, kind, wanted, others, bool(events), progress)
    light = np.zeros(frames.shape, np.float32)
    for p in each(placed, progress, "drawing light"):
        c = p.drawn.course
        total = p.peak * 2 * np.pi * c.width.min() ** 2 * c.light
        add_integrated(light, p.y + c.y, p.x + c.x, c.width, total)
    shown = expose(frames, light, noise, rng)
    truth = [_event(p, m) for p in placed for m in p.moments if m.class_id != UNCLEAR]
    seen = sorted(with_peak_z(truth, light, shown, progress=progress), key=lambda e: (e.frame, e.y, e.x))
    unclear = [(m.frame, *p.at(m.frame)) for p in placed for m in p.moments if m.class_id == UNCLEAR]
    recipe: dict[str, Any] = {
        "recipe": "recording", "seed": seed, "kind": kind, "gain": noise.gain, "variance_at_0": noise.variance,
        "sigma_px": sigma, "drawn": dict(Counter(p.drawn.kind for p in placed)),
    }  # fmt: skip
    return SimulatedMovie(
        shown, tuple(seen), np.zeros((0, 4), np.float32), pixel_size_um, frame_interval_s, recipe,
        unclear=np.array(sorted(unclear), np.float32).reshape(-1, 3),
    )  # fmt: skip


def add_integrated(stack: NDArray[np.float32], y: NDArray, x: NDArray, sigma: NDArray, total: NDArray) -> None:
    """Add a Gaussian spot to every frame of a stack, in place, integrated over the area of each pixel.

    Parameters
    ----------
    stack
        ``(t, y, x)``.
    y, x, sigma, total
        Centre, standard deviation and sum of the spot, one per frame ``(t,)``; frames of a total of 0 stay as they are.
    """
    _, height, width = stack.shape
    for t in np.flatnonzero(total > 0):
        reach = _REACH_SIGMA * sigma[t] + 1
        y0, y1 = max(int(y[t] - reach), 0), min(int(y[t] + reach) + 2, height)
        x0, x1 = max(int(x[t] - reach), 0), min(int(x[t] + reach) + 2, width)
        if y0 < y1 and x0 < x1:
            part = _integrals(y0, y1, y[t], sigma[t])[:, None] * _integrals(x0, x1, x[t], sigma[t])
            stack[t, y0:y1, x0:x1] += total[t] * part


def _integrals(start: int, stop: int, centre: float, sigma: float) -> NDArray[np.float64]:
    """Return the parts of a Gaussian that fall on pixels ``start`` to ``stop``, whose centres are whole numbers."""
    edges = (np.arange(start, stop + 1) - 0.5 - centre) / (np.sqrt(2) * sigma)
    return np.diff(erf(edges)) / 2


@dataclass(frozen=True)
class _Scene:
    """The recording as objects meet it."""

    rng: Generator
    shape: tuple[int, ...]
    sd: NDArray[np.float32]
    """How much it changes at every place by itself ``(y, x)``, counts."""
    sigma: float
    places: Places

    def place(self, drawn: DrawnLight, moments: list[Moment]) -> _Placed | None:
        """Find a place and a brightness for an object; None if there is no room."""
        lit = drawn.course.light > 0
        reach = float(np.hypot(drawn.course.y, drawn.course.x)[lit].max(initial=0.0))
        where = self.places.draw(reach)
        if where is None:
            return None
        y, x = (int(np.clip(round(v), 0, n - 1)) for v, n in zip(where, self.sd.shape, strict=True))
        peak = float(self.sd[y, x]) * log_uniform(self.rng, *PEAK_NOISE)
        return _Placed(drawn, *where, peak, tuple(moments))


def _populate(
    scene: _Scene, kind: str, events: int, others: int, asked: bool, progress: Progress | None
) -> list[_Placed]:
    placed: list[_Placed] = []
    for k in each(range(events), progress, "drawing events"):
        drawn, moments = _fusion(scene, kind)
        one = scene.place(drawn, moments)
        if one is None and asked:
            raise ParameterError(
                f"The recording has room for {k} events, and {events} were asked for; ask for fewer events, or 0."
            )
        if one is not None:
            placed.append(one)
    for _ in each(range(others), progress, "drawing other lights"):
        drawn = _choose(scene.rng, OTHERS)(scene.rng, scene.shape[0], _own(scene))
        if (one := scene.place(drawn, agreed(drawn.course, []))) is not None:
            placed.append(one)
    return placed


def _fusion(scene: _Scene, kind: str) -> tuple[DrawnLight, list[Moment]]:
    """Draw a fusion whose light shows what it is; the last try is taken in any case, and is unclear."""
    draw = _choose(scene.rng, FUSIONS[kind])
    for _ in range(_TRIES):
        drawn = draw(scene.rng, scene.shape[0], _own(scene))
        moments = agreed(drawn.course, list(drawn.released))
        if any(m.class_id == CLASS_OF[draw] for m in moments):
            break
    return drawn, [m if m.class_id == CLASS_OF[draw] else Moment(m.frame, UNCLEAR) for m in moments]


def _choose(rng: Generator, shares: dict[Draw, float]) -> Draw:
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


def _own(scene: _Scene) -> float:
    """Draw the width of one object: that of the optics, or a little wider."""
    return scene.sigma * float(scene.rng.uniform(1.0, 1.3))


def _number(rng: Generator, shape: tuple[int, ...]) -> int:
    """Draw how many events a movie gets."""
    share = shape[1] * shape[2] / 256**2 * np.sqrt(shape[0] / 200)
    return max(_FEWEST_EVENTS, round(log_uniform(rng, *_EVENTS) * share))


def _step(frames: NDArray) -> float:
    """Return what a value can differ by at least: a count, or a thousandth of the range of a movie of fractions."""
    return 1.0 if frames.dtype.kind in "iu" else max(float(np.ptp(frames)) / 1000, 1e-6)


def _event(p: _Placed, m: Moment) -> TrueEvent:
    y, x = p.at(m.frame)
    width = float(p.drawn.course.width[m.frame])
    duration = min(max(p.drawn.decay, 1.0), _LONGEST)
    return TrueEvent(m.class_id, p.drawn.kind, m.frame, y, x, duration, p.peak * _peak(p.drawn.course, m), width)


def _peak(course: Course, m: Moment) -> float:
    """Return the brightness of an event over the brightest of its object: of a loss, that before it."""
    b = course.brightness
    return float(b[max(m.frame - 8, 0) : m.frame + 1].max() / b.max())
