"""Movies in which every object is a bag of single molecules: many things that are no events, and some that are."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.molecules_camera import Camera, stray_hits
from ivea_fiji.simulation.molecules_large import LARGE, crowd
from ivea_fiji.simulation.molecules_optics import PAD, Course, Lens, course, footprint, glow, point_image, sheet_of
from ivea_fiji.simulation.molecules_release import MIXES, release
from ivea_fiji.simulation.molecules_scene import Scene
from ivea_fiji.simulation.molecules_spots import SPOTS
from ivea_fiji.simulation.molecules_truth import course_of, read
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.simulation.visibility import with_peak_z


@dataclass(frozen=True)
class MoleculeRanges:
    """Limits between which a movie is drawn (log-uniform)."""

    pixel_size_um: tuple[float, float] = (0.065, 0.25)
    frame_interval_s: tuple[float, float] = (0.02, 1.0)
    granule_um: tuple[float, float] = (0.03, 0.2)
    """Standard deviation of a typical granule."""
    photons: tuple[float, float] = (6.0, 500.0)
    """Peak of a typical object, per pixel and frame."""
    background: tuple[float, float] = (2.0, 400.0)
    contrast: tuple[float, float] = (1.3, 50.0)
    """Limits of that peak over the shot noise of the background."""
    counts: tuple[float, float] = (10.0, 400.0)
    """Peak of a typical object as the camera shows it."""
    events: tuple[float, float] = (5, 45)
    """Releases per 256 x 256 px and 200 frames."""
    others: tuple[float, float] = (20, 350)
    """Objects that are no events, per 256 x 256 px."""
    crowd: tuple[float, float] = (60, 600)
    """Small granules per 256 x 256 px, in movies that have a crowd."""


RANGES = MoleculeRanges()
_CROWDED = 0.25


def simulate_molecules(
    seed: int,
    *,
    frames: int = 200,
    height: int = 256,
    width: int = 256,
    kind: str = "mixed",
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    ranges: MoleculeRanges = RANGES,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a movie of molecules under total internal reflection.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    kind
        Which releases: a name of `MIXES`.
    events
        Number of releases; drawn if None.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    ranges
        Limits of everything else.
    progress
        Told what is being simulated, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        Counts and truth. What is an event follows from the light of each object (`definition`), not from how it was
        drawn; where the two disagree the moment is unclear, so that there may be fewer events than releases.

    Notes
    -----
    Ours. It has no code in common with the recipe 'physics', so that what is learned from both is less likely to be a
    habit of one of them. Kinetics are drawn in frames and px.
    """
    rng = np.random.default_rng([seed, 61547])
    pixel = pixel_size_um or _log(rng, ranges.pixel_size_um)
    interval = frame_interval_s or _log(rng, ranges.frame_interval_s)
    peak, level = _brightness(rng, ranges)
    image, how = point_image(rng, pixel)
    cell = footprint(rng, (height + 2 * PAD, width + 2 * PAD))
    inside = np.argwhere(cell[PAD : PAD + height, PAD : PAD + width] > 0.5)
    psf = float(1 / np.sqrt(2 * np.pi * image.max()))
    granule = _log(rng, ranges.granule_um) / pixel
    unit = peak * 2 * np.pi * (psf**2 + granule**2)
    leak = float(rng.uniform(0.0, 0.25))
    scene = Scene(rng, frames, (height, width), inside, psf, granule, unit, leak, [], [])
    drawn = _populate(scene, ranges, kind, events, progress)
    whole = course(rng, frames, (height, width))
    camera = Camera(rng, (height, width), _log(rng, ranges.counts) / peak)
    hits, hit_rows = stray_hits(rng, frames, (height, width), peak * 2)
    light = _expose(scene, Lens(image, glow(rng, cell, level), (height, width)), whole, progress)
    counts = camera.record(light, hits, progress)
    truth, unclear, rows = _labels(scene, whole)
    rows += [(-1, *row) for row in hit_rows] + [(c, t, np.nan, np.nan) for c, t in whole.rows]
    seen = with_peak_z(truth, light, counts, gain=camera.gain, progress=progress)
    recipe = {
        "recipe": "molecules", "seed": seed, "kind": kind, "pixel_size_um": pixel, "frame_interval_s": interval,
        "peak_photons": peak, "background_photons": level, "point_image": how, "psf_px": psf, "granule_px": granule,
        "leak": leak, "objects": drawn, "largest_shift_px": float(np.abs(whole.shift).max()), "ranges": asdict(ranges),
        **camera.told(),
    }  # fmt: skip
    return SimulatedMovie(
        counts, tuple(sorted(seen, key=lambda e: (e.frame, e.y, e.x))), np.array(rows, np.float32).reshape(-1, 4),
        pixel, interval, recipe, cell[PAD : PAD + height, PAD : PAD + width] > 0.5,
        np.array(unclear, np.float32).reshape(-1, 3),
    )  # fmt: skip


def _log(rng: Generator, limits: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))


def _brightness(rng: Generator, ranges: MoleculeRanges) -> tuple[float, float]:
    """Draw the peak of a typical object and the background such that objects can be seen at all."""
    for _ in range(100):
        peak, level = _log(rng, ranges.photons), _log(rng, ranges.background)
        if ranges.contrast[0] < peak / np.sqrt(level + 3) < ranges.contrast[1]:
            break
    return peak, level


def _populate(
    scene: Scene, ranges: MoleculeRanges, kind: str, events: int | None, progress: Progress | None
) -> dict[str, int]:
    """Put all objects into the scene; return how many of each kind."""
    rng, area = scene.rng, scene.shape[0] * scene.shape[1] / 256**2
    mix = MIXES[kind]
    n = round(_log(rng, ranges.events) * area * scene.frames / 200) if events is None else events
    names = [str(name) for name in rng.choice(list(mix), n, p=list(mix.values()))] if mix else []
    for name in each(names, progress, "drawing events"):
        release(scene, name)
    makers = SPOTS | LARGE
    mean = np.array(list(makers.values()))
    shares = mean * rng.gamma(0.7, 1, len(mean))
    number = max(round(_log(rng, ranges.others) * area), 1)
    for k in each(rng.choice(len(mean), number, p=shares / shares.sum()), progress, "drawing other objects"):
        list(makers)[k](scene)
    if scene.share(_CROWDED):
        crowd(scene, round(_log(rng, ranges.crowd) * area))
    kinds = [bag.kind for bag in scene.bags]
    return {name: kinds.count(name) for name in sorted(set(kinds))}


def _expose(scene: Scene, lens: Lens, whole: Course, progress: Progress | None) -> NDArray[np.float32]:
    """Return the light on the camera ``(t, y, x)``, photons."""
    out = np.empty((scene.frames, *scene.shape), np.float32)
    for t in each(range(scene.frames), progress, "exposing frames"):
        rows = [(b, t - b.start) for b in scene.bags if b.start <= t < b.start + len(b.light)]
        y, x, light = (
            np.concatenate([getattr(b, name)[k] for b, k in rows] or [np.zeros(0)]) for name in ("y", "x", "light")
        )
        way, left = whole.shift[t], float(whole.bleaching[t])
        sheet = sheet_of(y + way[0], x + way[1], light * left, scene.shape)
        out[t] = lens(sheet, way, float(whole.blur[t]), float(whole.mixing[t]), left)
    out *= whole.illumination
    out *= whole.lamp[:, None, None].astype(np.float32)
    return np.maximum(out, 0.01)


def _labels(scene: Scene, whole: Course) -> tuple[list[TrueEvent], list, list]:
    """Return events, unclear rows and artefact rows of all objects."""
    truth: list[TrueEvent] = []
    unclear: list[tuple] = []
    rows: list[tuple] = []
    for bag in scene.bags:
        seen = course_of(bag, scene.frames, scene.psf, whole.bleaching)
        found, doubtful, others = read(bag, seen, scene.shape, whole.shift)
        truth += found
        unclear += doubtful
        rows += others
    return truth, unclear, rows
