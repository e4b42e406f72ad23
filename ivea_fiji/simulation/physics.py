"""Movies from physics, with everything varied widely: what the networks are trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation import optics
from ivea_fiji.simulation.artefacts import draw_local, resident
from ivea_fiji.simulation.camera import CameraRanges, record
from ivea_fiji.simulation.canvas import Canvas, log_uniform
from ivea_fiji.simulation.fusion import KINDS, MIXES, FusionRanges
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.visibility import with_peak_z


@dataclass(frozen=True)
class PhysicsRanges:
    """Limits between which a movie is drawn (log-uniform unless said)."""

    pixel_size_um: tuple[float, float] = (0.065, 0.2)
    frame_interval_s: tuple[float, float] = (0.02, 1.0)
    optics_um: tuple[float, float] = (0.085, 0.15)
    """Standard deviation of the point-spread function."""
    vesicle_um: tuple[float, float] = (0.03, 0.22)
    """Standard deviation of the vesicle itself."""
    sigma_px: tuple[float, float] = (0.8, 4.0)
    """Limits kept by the spot that results."""
    photons: tuple[float, float] = (8.0, 400.0)
    """Peak of a typical vesicle, photoelectrons per pixel and frame."""
    background: tuple[float, float] = (4.0, 300.0)
    """Photoelectrons per pixel and frame within a cell."""
    contrast: tuple[float, float] = (1.2, 60.0)
    """Limits of a typical vesicle's peak over the shot noise of the background (10 electrons added to it)."""
    vesicles: tuple[float, float] = (3, 160)
    """Resident vesicles per 256 x 256 px."""
    artefacts: tuple[float, float] = (8, 70)
    """Local artefacts per 256 x 256 px and 200 frames."""
    events: tuple[float, float] = (6, 45)
    """Fusions per 256 x 256 px and 200 frames."""
    drift: float = 1.0
    fusion: FusionRanges = field(default_factory=FusionRanges)
    camera: CameraRanges = field(default_factory=CameraRanges)


TRAINING = PhysicsRanges()
SHIFTED = PhysicsRanges(
    pixel_size_um=(0.055, 0.24),
    optics_um=(0.095, 0.17),
    vesicle_um=(0.02, 0.28),
    sigma_px=(0.75, 4.5),
    photons=(15.0, 700.0),
    background=(10.0, 600.0),
    vesicles=(10, 200),
    artefacts=(15, 90),
    drift=1.5,
    fusion=FusionRanges(
        amplitude=(0.5, 4.0),
        cloud_decay=(0.7, 26.0),
        cloud_diffusion=(0.02, 8.0),
        latent_decay=(12.0, 240.0),
        symmetric_tau=(1.0, 6.0),
        insensitive_gain=(0.8, 1.7),
        sensitive_before=(0.1, 0.6),
        arrival=(15.0, 90.0),
    ),
    camera=CameraRanges(
        em_share=0.6, gain=(0.2, 30.0), read_noise=(1.0, 9.0), pixel_gain_sd=0.04, column_sd=0.9, hot_share=6e-4,
        eight_bit_share=0.2,
    ),
)  # fmt: skip
"""Ranges for judging: wider and moved away from those of training."""
RANGES = {"training": TRAINING, "shifted": SHIFTED}


def simulate_physics(
    seed: int,
    *,
    frames: int = 200,
    height: int = 256,
    width: int = 256,
    kind: str = "mixed",
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    ranges: PhysicsRanges = TRAINING,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a movie of cells with vesicles, fusions, artefacts and a camera.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    kind
        Which fusions: a name of `MIXES`, for example 'mixed', 'ph_sensitive' or 'none'.
    events
        Number of fusions; drawn if None.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    ranges
        Limits of everything else.
    progress
        Told what is being simulated, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        Counts and truth. The kinetics are drawn in frames and px, so that they do not depend on the frame rate.

    Notes
    -----
    Ours: a wide randomisation of what TIRF movies show, rather than a model of one microscope.
    """
    rng = np.random.default_rng([seed, 20251])
    pixel = pixel_size_um or log_uniform(rng, *ranges.pixel_size_um)
    interval = frame_interval_s or log_uniform(rng, *ranges.frame_interval_s)
    cell = optics.cells(rng, height, width)
    canvas = Canvas(rng, frames, cell > 0.6)
    unit, level = _brightness(rng, ranges)
    spot = _Spot(rng, ranges, pixel)
    area = height * width / 256**2
    _populate(canvas, ranges, kind, events, unit, spot, area, progress)
    light, truth, artefacts, shift = _expose(rng, canvas, cell, level, ranges, progress)
    counts, gain, camera = record(light, rng, ranges.camera, progress)
    seen = with_peak_z(truth, light, counts, gain=gain, progress=progress)
    recipe = {
        "recipe": "physics", "seed": seed, "kind": kind, "unit_photons": unit, "background_photons": level,
        "pixel_size_um": pixel, "frame_interval_s": interval, "largest_shift_px": float(np.abs(shift).max()),
        "ranges": asdict(ranges), **camera,
    }  # fmt: skip
    order = sorted(seen, key=lambda e: (e.frame, e.y, e.x))
    return SimulatedMovie(counts, tuple(order), artefacts, pixel, interval, recipe, cell > 0.5)


def _brightness(rng: Generator, ranges: PhysicsRanges) -> tuple[float, float]:
    """Draw the peak of a typical vesicle and the level of the background so that vesicles can be seen at all."""
    for _ in range(100):
        unit, level = log_uniform(rng, *ranges.photons), log_uniform(rng, *ranges.background)
        if ranges.contrast[0] < unit / np.sqrt(level + 10) < ranges.contrast[1]:
            break
    return unit, level


class _Spot:
    """Draws the size of spots of one movie: the optics are the movie's, the vesicle its own."""

    def __init__(self, rng: Generator, ranges: PhysicsRanges, pixel: float) -> None:
        self._rng, self._ranges, self._pixel = rng, ranges, pixel
        self._optics = rng.uniform(*ranges.optics_um)
        self._vesicle = log_uniform(rng, *ranges.vesicle_um)

    def __call__(self) -> float:
        own = self._vesicle * self._rng.uniform(0.7, 1.4)
        return float(np.clip(np.hypot(self._optics, own) / self._pixel, *self._ranges.sigma_px))


def _populate(
    canvas: Canvas, ranges: PhysicsRanges, kind: str, events: int | None, unit: float, spot: _Spot, area: float,
    progress: Progress | None,
) -> None:
    rng = canvas.rng
    length = canvas.frames / 200
    for _ in each(range(round(log_uniform(rng, *ranges.vesicles) * area)), progress, "drawing vesicles"):
        resident(canvas, spot(), unit * log_uniform(rng, 0.3, 2.0))
    mix = MIXES[kind]
    n = (round(log_uniform(rng, *ranges.events) * area * length) if events is None else events) if mix else 0
    for name in each(rng.choice(list(mix), n, p=list(mix.values())) if n else [], progress, "drawing events"):
        KINDS[name](canvas, ranges.fusion, spot(), unit)
    for _ in each(range(round(log_uniform(rng, *ranges.artefacts) * area * length)), progress, "drawing artefacts"):
        draw_local(canvas, spot(), unit)


def _expose(
    rng: Generator, canvas: Canvas, cell: NDArray[np.float32], level: float, ranges: PhysicsRanges,
    progress: Progress | None,
) -> tuple[NDArray[np.float32], list, NDArray[np.float32], NDArray[np.float64]]:
    """Turn the canvas into light on the camera, and move the truth along with the picture."""
    light = canvas.spots
    frames = canvas.frames
    if rng.random() < 0.1:  # ammonium or a stimulus: every vesicle becomes brighter
        t = int(rng.integers(frames // 3, frames))
        rise = 1 + rng.uniform(0.3, 2) * np.clip((canvas.time - t) / rng.uniform(10, 60), 0, 1)
        light *= rise[:, None, None].astype(np.float32)
    light += optics.background(rng, cell, level)
    light *= optics.illumination(rng, *cell.shape)
    brightness, shaken = optics.lamp(rng, frames)
    light *= brightness[:, None, None]
    way, jumps = optics.drift(rng, frames, ranges.drift)
    blur, defocused = optics.focus(rng, frames)
    optics.move_and_blur(light, way, blur, progress)
    truth = [replace(e, y=e.y + way[e.frame, 0], x=e.x + way[e.frame, 1]) for e in canvas.events]
    rows = np.array(canvas.artefacts, np.float32).reshape(-1, 4)
    at = rows[:, 1].astype(int).clip(0, frames - 1)
    rows[:, 2:] += way[at]
    # Global changes hold everywhere: a place of NaN says so.
    everywhere = [(-8, t) for t in jumps] + [(-5, t) for t in [*shaken.tolist(), *defocused.tolist()]]
    extra = np.array([(c, t, np.nan, np.nan) for c, t in everywhere], np.float32).reshape(-1, 4)
    if len(light) and rng.random() < 0.05:  # a repeated frame, as when the disk could not keep up
        t = int(rng.integers(1, frames))
        light[t] = light[t - 1]
    return light, truth, np.concatenate([rows, extra]), way
