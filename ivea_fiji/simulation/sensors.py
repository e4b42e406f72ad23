"""Movies of sensor layers with hotspot areas: places where the sensors light up, spread, and fade.

A hotspot is a change of the brightness of the sensors, dF/F, so that it shows where there are sensors. Its truth is
the area in which its largest dF/F reaches half of the highest, and the frames between which the mean of that area lies
above its mid intensity, all of the noise-free movie without drift, bleaching and flicker.

Notes
-----
Ours, after what the IVEA paper and Elizarova et al. (2022) show of dopamine sensors. Made to judge, not to train.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.camera import CameraRanges, record
from ivea_fiji.simulation.canvas import log_uniform
from ivea_fiji.simulation.sensor_layer import LayerRanges, draw_layer, unsteady
from ivea_fiji.simulation.truth import SimulatedMovie, TrueHotspot

LAG = 3
"""Frames between the two images whose difference tells `TrueEvent.peak_z` (the detector's default)."""
_APART_PX = 12.0
_QUIET_FRAMES = 15
"""Two hotspots that touch are at least so far apart in time."""
_FAINTEST = 0.01  # a hotspot is drawn while it is above this part of its peak
_PLACES = 200
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class SensorRanges:
    """Limits between which a movie is drawn (log-uniform unless said)."""

    pixel_size_um: tuple[float, float] = (0.1, 0.25)
    frame_interval_s: tuple[float, float] = (0.03, 0.2)
    events: tuple[float, float] = (4, 16)
    """Hotspots per 256 x 256 px and 300 frames."""
    df_f: tuple[float, float] = (0.06, 0.6)
    """Highest dF/F."""
    sigma_px: tuple[float, float] = (3.0, 10.0)
    rise: tuple[float, float] = (0.3, 2.5)
    """Time constant of the rise, frames."""
    decay: tuple[float, float] = (3.0, 30.0)
    """Time constant of the decay, frames."""
    plateau: tuple[float, float] = (5.0, 40.0)
    spread: tuple[float, float] = (0.02, 1.0)
    """Widening, px^2 per frame."""
    speed: tuple[float, float] = (0.3, 1.2)
    """Speed of a hotspot that travels, px per frame."""
    again: float = 0.35
    """Share of hotspots at a place that was active before (uniform)."""
    bodies: int = 0
    """Bright bodies that move over the layer and are no events."""
    layer: LayerRanges = field(default_factory=LayerRanges)
    camera: CameraRanges = field(default_factory=lambda: CameraRanges(em_share=0.3, gain=(0.3, 4.0)))


SENSOR_MIXES = {
    "mixed": {"puff": 0.4, "lasting": 0.2, "growing": 0.25, "travelling": 0.15},
    "puff": {"puff": 1.0},
    "lasting": {"lasting": 1.0},
    "growing": {"growing": 1.0},
    "travelling": {"travelling": 1.0},
    "none": {},
}
"""Share of each kind of hotspot in a movie of that name."""


def simulate_sensors(
    seed: int,
    *,
    frames: int = 300,
    height: int = 256,
    width: int = 256,
    kind: str = "mixed",
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    ranges: SensorRanges | None = None,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a layer of sensors with hotspot areas.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    kind
        Which hotspots: a name of `SENSOR_MIXES`.
    events
        Number of hotspots; drawn if None. Fewer are made if no place is left for more.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    ranges
        Limits of everything else.
    progress
        Told what is being simulated, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        Counts, and a `TrueHotspot` per event.
    """
    ranges = ranges or SensorRanges()
    rng = np.random.default_rng([seed, 20255])
    pixel = pixel_size_um or log_uniform(rng, *ranges.pixel_size_um)
    interval = frame_interval_s or log_uniform(rng, *ranges.frame_interval_s)
    electrons = log_uniform(rng, *ranges.layer.electrons)
    layer = draw_layer(rng, height, width, ranges.layer)
    mix = SENSOR_MIXES[kind]
    drawn = log_uniform(rng, *ranges.events) * height * width / 256**2 * frames / 300
    n = (round(drawn) if events is None else events) if mix else 0
    change = np.zeros((frames, height, width), np.float32)
    truth: list[TrueHotspot] = []
    for name in each(rng.choice(list(mix), n, p=list(mix.values())) if n else [], progress, "drawing events"):
        hotspot = _place(rng, str(name), change, truth, layer, ranges)
        truth += [hotspot] if hotspot else []
    light, told = unsteady(rng, layer, frames, ranges.layer)
    for _ in range(ranges.bodies):
        _body(rng, light)
    light *= electrons
    light *= 1 + change
    counts, gain, camera = record(light, rng, ranges.camera, progress)
    truth = [replace(e, amplitude=e.amplitude * electrons, peak_z=_peak_z(light, counts, gain, e)) for e in truth]
    recipe = {
        "recipe": "sensors", "seed": seed, "kind": kind, "electrons": electrons, "pixel_size_um": pixel,
        "frame_interval_s": interval, **told, "ranges": asdict(ranges), **camera,
    }  # fmt: skip
    order = tuple(sorted(truth, key=lambda e: (e.start, e.y, e.x)))
    return SimulatedMovie(counts, order, np.zeros((0, 4), np.float32), pixel, interval, recipe)


def _body(rng: Generator, light: NDArray[np.float32]) -> None:
    """Add a bright body that stays, moves by some of its widths within some frames, and stays where it is."""
    frames, height, width = light.shape
    sigma, bright = rng.uniform(3, 8), rng.uniform(1, 3)
    y, x = rng.uniform(0.15, 0.85) * height, rng.uniform(0.15, 0.85) * width
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(1.5, 4) * sigma
    part = np.clip((np.arange(frames) - rng.uniform(0.2, 0.7) * frames) / rng.uniform(1, 8), 0, 1) * far
    yy, xx = np.mgrid[:height, :width]
    for t in range(frames):
        off = (yy - y - part[t] * np.sin(angle)) ** 2 + (xx - x - part[t] * np.cos(angle)) ** 2
        light[t] += bright * np.exp(-0.5 * off / sigma**2)


@dataclass(frozen=True)
class _Course:
    """How one hotspot runs: part of its peak, centre and width, all ``(t,)``, from `onset` on."""

    onset: int
    part: NDArray[np.float64]
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    sigma: NDArray[np.float64]
    ragged: float
    """How far its outline departs from a circle."""


def _course(rng: Generator, kind: str, onset: int, y: float, x: float, ranges: SensorRanges) -> _Course:
    rise, decay = log_uniform(rng, *ranges.rise), log_uniform(rng, *ranges.decay)
    held = log_uniform(rng, *ranges.plateau) if kind in ("lasting", "travelling") else 0.0
    length = int(np.ceil(5 * rise + held - np.log(_FAINTEST) * decay)) + 1
    time = np.arange(length, dtype=float)
    top = 5 * rise + held
    part = np.where(time <= top, 1 - np.exp(-(time + 1) / rise), np.exp(-(time - top) / decay))
    part /= part.max()
    sigma0, wide = log_uniform(rng, *ranges.sigma_px), log_uniform(rng, *ranges.spread)
    if kind == "growing":
        sigma = sigma0 * (0.5 + 0.5 * np.clip(time / max(0.5 * decay, 3.0), 0, 1))
    else:
        sigma = np.sqrt(sigma0**2 + 2 * wide * time)
    speed = log_uniform(rng, *ranges.speed) if kind == "travelling" else 0.0
    angle = rng.uniform(0, 2 * np.pi)
    way = speed * np.minimum(time, top)
    return _Course(onset, part, y + np.sin(angle) * way, x + np.cos(angle) * way, sigma, rng.uniform(0, 0.25))


def _place(
    rng: Generator, kind: str, change: NDArray[np.float32], truth: list[TrueHotspot], layer: NDArray[np.float32],
    ranges: SensorRanges,
) -> TrueHotspot | None:
    """Draw a hotspot where and when nothing else goes on, and add it to `change`; None if there is no such place."""
    frames, height, width = change.shape
    shape = rng.normal(0, 1, 4) * np.exp(1j * rng.uniform(0, 2 * np.pi, 4))
    for _ in range(_PLACES):
        old = truth[rng.integers(len(truth))] if truth and rng.random() < ranges.again else None
        y, x = (old.y, old.x) if old else (rng.uniform(6, height - 6), rng.uniform(6, width - 6))
        course = _course(rng, kind, int(rng.integers(LAG + 2, max(frames - 8, LAG + 3))), y, x, ranges)
        peak = log_uniform(rng, *ranges.df_f)
        corner, drawn = _draw(course, shape, frames, height, width)
        if drawn.size == 0 or drawn.max() < 0.5:
            continue
        hotspot = _truth(kind, course, corner, drawn * peak, layer)
        if all(_apart(hotspot, other) for other in truth):
            t, top, left = corner
            change[t : t + len(drawn), top : top + drawn.shape[1], left : left + drawn.shape[2]] += drawn * peak
            return hotspot
    return None


def _draw(
    course: _Course, shape: NDArray, frames: int, height: int, width: int
) -> tuple[tuple[int, int, int], NDArray[np.float32]]:
    """Return a hotspot of height 1 as ``(t, y, x)``, and where in the movie it begins."""
    reach = 3 * course.sigma.max() * (1 + course.ragged)
    top, left = max(0, int(course.y.min() - reach)), max(0, int(course.x.min() - reach))
    bottom, right = min(height, int(course.y.max() + reach) + 2), min(width, int(course.x.max() + reach) + 2)
    length = max(0, min(len(course.part), frames - course.onset))
    yy, xx = np.mgrid[top:bottom, left:right]
    out = np.zeros((length, bottom - top, right - left), np.float32)
    for t in range(length):
        dy, dx = yy - course.y[t], xx - course.x[t]
        angle = np.arctan2(dy, dx)
        edge = 1 + course.ragged * sum(np.real(c * np.exp(1j * k * angle)) for k, c in enumerate(shape, 2)) / 4
        out[t] = course.part[t] * np.exp(-0.5 * (np.hypot(dy, dx) / (course.sigma[t] * np.maximum(edge, 0.4))) ** 2)
    return (course.onset, top, left), out


def _truth(
    kind: str, course: _Course, corner: tuple[int, int, int], drawn: NDArray[np.float32], layer: NDArray[np.float32]
) -> TrueHotspot:
    t0, top, left = corner
    highest = drawn.max(axis=0)
    y, x = np.nonzero(highest >= 0.5 * highest.max())
    bright = layer[top + y, left + x]
    trace = (drawn[:, y, x] * bright).mean(axis=1)
    peak = int(trace.argmax())
    start, end = above_mid(trace, peak)
    sizes = (drawn >= 0.5 * highest.max()).sum(axis=(1, 2))
    last = min(end, len(course.y) - 1)
    return TrueHotspot(
        class_id=0, kind=kind, frame=t0 + peak, y=float(top + y.mean()), x=float(left + x.mean()),
        duration=float(end - start + 1), amplitude=float(trace[peak]),
        sigma=float(np.sqrt(len(y) / np.pi) / np.sqrt(2 * np.log(2))),
        start=t0 + start, end=t0 + end, df_f=float(highest.max()), largest_px=int(sizes.max()),
        moved_px=float(np.hypot(course.y[last] - course.y[start], course.x[last] - course.x[start])),
        area_y=(top + y).astype(np.int32), area_x=(left + x).astype(np.int32),
        last=t0 + len(drawn) - 1,
    )  # fmt: skip


def above_mid(trace: NDArray, peak: int) -> tuple[int, int]:
    """Return the first and last frame around `peak` at which a trace that rests at 0 is at least half its peak."""
    below = trace < 0.5 * trace[peak]
    before, after = np.flatnonzero(below[:peak]), np.flatnonzero(below[peak:])
    return (int(before[-1]) + 1 if before.size else 0), (peak + int(after[0]) - 1 if after.size else len(trace) - 1)


def _apart(a: TrueHotspot, b: TrueHotspot) -> bool:
    """Tell whether two hotspots leave each other alone, in space or in time."""
    if a.last + _QUIET_FRAMES < b.start or b.last + _QUIET_FRAMES < a.start:
        return True
    reach = 2.5 * (a.sigma + b.sigma) + a.moved_px + b.moved_px + _APART_PX
    return bool(np.hypot(a.y - b.y, a.x - b.x) > reach)


def _peak_z(light: NDArray[np.float32], counts: NDArray, gain: float, event: TrueHotspot) -> float:
    """Return the largest change of the mean of the area over `LAG` frames, over the noise of such a change (ours)."""
    y, x = event.area_y, event.area_x
    clean = light[:, y, x].mean(axis=1, dtype=np.float64) * gain
    noise = counts[:, y, x].mean(axis=1, dtype=np.float64) - clean
    if len(clean) <= 2 * LAG:
        return float("nan")
    steps = noise[LAG:] - noise[:-LAG]
    spread = _MAD_TO_SD * np.median(np.abs(steps - np.median(steps)))
    first = max(event.start - 2 * LAG, 0)
    around = clean[first : event.frame + LAG + 1]
    change = (around[LAG:] - around[:-LAG]).max() if len(around) > LAG else 0.0
    return float(change / spread) if spread > 0 else float("nan")
