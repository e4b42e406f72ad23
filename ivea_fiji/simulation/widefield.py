"""Movies of single fusions among much that is none, through a modelled objective of the package psfmodels.

Ours. Objects are Gaussian clouds of light in space whose images follow from the optics; nothing is labelled by what it
was drawn as, but by the light that it sends: see `ivea_fiji.simulation.definition`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.events.classes import DRIFT, FOCUS
from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation import widefield_light as light
from ivea_fiji.simulation import widefield_motion as motion
from ivea_fiji.simulation.definition import UNCLEAR
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.visibility import with_peak_z
from ivea_fiji.simulation.widefield_camera import draw_camera, expose
from ivea_fiji.simulation.widefield_field import Backdrop, Disturbance, disturb, vignette
from ivea_fiji.simulation.widefield_fusions import MIXES
from ivea_fiji.simulation.widefield_optics import Images, Objective
from ivea_fiji.simulation.widefield_stage import Stage, Thing
from ivea_fiji.simulation.widefield_truth import Truth, judge

OTHERS: dict[Callable[[Stage], list[Thing]], float] = {
    light.blinker: 3.0, light.bleacher: 0.8, light.ramp: 1.0, light.coat: 1.6, light.organelle: 0.7,
    light.resident: 2.0, light.flare: 0.4, motion.visitor: 3.0, motion.lodger: 4.0, motion.wanderer: 1.6,
    motion.carrier: 1.6, motion.pair: 0.6, motion.debris: 0.15, motion.thread: 0.4, motion.comet: 0.5,
    motion.sorter: 0.12,
}  # fmt: skip
"""What does not fuse, and how often it is drawn; every movie has a taste of its own."""
_TRIES = 30


def simulate_widefield(
    seed: int,
    *,
    frames: int = 200,
    height: int = 256,
    width: int = 256,
    kind: str = "mixed",
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a movie of fusions and of things that resemble them.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    kind
        Which fusions: a name of `widefield_fusions.MIXES`.
    events
        Number of fusions whose light says so; drawn if None, often none at all. It is not reached where what happens to
        the whole picture leaves no time.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    progress
        Told what is being simulated, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        Counts and truth; in `recipe` what was drawn.

    Raises
    ------
    MissingDependencyError
        If psfmodels is not installed.
    """
    rng = np.random.default_rng([seed, 91733])
    pixel = pixel_size_um or _log(rng, 0.065, 0.2)
    interval = frame_interval_s or _log(rng, 0.02, 2)
    objective, lit, excitation = _optics(rng)
    images = Images(objective, pixel)
    happens = disturb(rng, frames)
    backdrop = Backdrop(rng, frames, height, width)
    peak, level = _brightness(rng, lit)
    bright = float(images.at(np.zeros(1), np.full(1, 0.06 / pixel), np.zeros(1))[0])
    stage = Stage(
        rng, frames, height, width, pixel, interval, peak / bright, int(rng.integers(1, 5)), excitation,
        happens.fading, backdrop.still(),
    )  # fmt: skip
    moved, unlike = happens.sudden
    truth = Truth([], [], [])
    things = _fuse(stage, images, kind, events, np.concatenate([moved, unlike]), truth, progress)
    others = _populate(stage, progress)
    for thing in each(others, progress, "telling by light"):
        truth.add(thing, *judge(thing, images, frames, np.concatenate([moved, unlike])))
    picture = _picture(stage, backdrop, happens, level, progress)
    faintest = 0.02 * np.sqrt(level + 1)
    # How visible a fusion is is told by its own light; what else moves there is no part of it.
    own = np.zeros_like(picture)
    images.render(own, _placed(things, happens), faintest, None)
    images.render(picture, _placed(others, happens), faintest, progress)
    picture += own
    lit_by = vignette(rng, height, width)
    picture *= lit_by * happens.lamp[:, None, None].astype(np.float32)
    own *= lit_by
    camera = draw_camera(rng)
    counts, gain = expose(picture, camera, rng, progress)
    recipe = {
        "recipe": "widefield", "seed": seed, "kind": kind, "peak_photons": peak, "background_photons": level,
        "pixel_size_um": pixel, "frame_interval_s": interval, "illumination": lit, "exposed": stage.exposed / 4,
        "numerical_aperture": objective.numerical_aperture, "emission_um": objective.emission_um,
        "sample_index": objective.sample_index, "immersion_index": objective.immersion_index,
        "psf": objective.model, "largest_shift_px": float(np.abs(happens.shift).max()), **camera,
        "things": _count(things + others),
    }  # fmt: skip
    return _movie(truth, happens, own, counts, gain, recipe, stage.cell > 0.5, progress)


def _log(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _optics(rng: Generator) -> tuple[Objective, str, Callable[[NDArray], NDArray]]:
    """Draw an objective, how the sample is lit, and by how much less at a depth (um)."""
    if rng.random() < 0.65:  # oil
        aperture, immersion = float(rng.choice([1.3, 1.4, 1.45, 1.49])), 1.515
    else:  # water, silicone
        aperture, immersion = float(rng.uniform(0.95, 1.27)), float(rng.choice([1.333, 1.406]))
    sample = float(rng.uniform(1.33, 1.41))
    model = "vectorial" if rng.random() < 0.7 else "scalar"
    objective = Objective(aperture, float(rng.uniform(0.5, 0.68)), sample, immersion, _log(rng, 0.05, 4.0), model)
    lit = str(rng.choice(["widefield", "oblique", "disk", "evanescent"], p=[0.3, 0.25, 0.2, 0.25]))
    deep = {"widefield": 50.0, "oblique": rng.uniform(0.8, 2.0), "disk": rng.uniform(0.35, 0.7),
            "evanescent": rng.uniform(0.08, 0.25)}[lit]  # fmt: skip
    if lit == "evanescent":
        return objective, lit, lambda z: np.exp(-np.maximum(z, 0) / deep)
    return objective, lit, lambda z: np.exp(-(z**2) / (2 * deep**2))


def _brightness(rng: Generator, lit: str) -> tuple[float, float]:
    """Draw the peak of a typical vesicle and the background, photoelectrons, such that one sees the vesicle."""
    hazy = {"widefield": 3.0, "oblique": 1.5, "disk": 0.6, "evanescent": 0.8}[lit]
    for _ in range(200):
        peak, level = _log(rng, 6, 600), hazy * _log(rng, 2, 250)
        if 3.0 < peak / np.sqrt(level + 8) < 60 and 0.08 < peak / level < 40:
            break
    return peak, level


def _fuse(
    stage: Stage,
    images: Images,
    kind: str,
    events: int | None,
    disturbed: NDArray,
    truth: Truth,
    progress: Progress | None,
) -> list[Thing]:
    """Draw fusions until as many as wanted show by their light; few of those that do not are kept."""
    mix = MIXES[kind]
    area = stage.height * stage.width / 256**2 * stage.frames / 200
    wanted = events
    if not mix:
        wanted = 0
    elif wanted is None:
        wanted = 0 if stage.chance(0.12) else max(round(stage.log(3, 60) * area), 1)
    things: list[Thing] = []
    names: list[int] = stage.rng.choice(len(mix), wanted, p=list(mix.values())).tolist() if wanted else []
    for k in each(names, progress, "drawing events"):
        make = list(mix)[k]
        for _ in range(_TRIES):
            early = min(12.0, 0.3 * stage.frames)
            thing = make(stage, stage.rng.uniform(early, stage.frames - min(3.0, 0.2 * stage.frames)))
            shown, found = judge(thing, images, stage.frames, disturbed)
            clear = len(found) == 1 and found[0].class_id != UNCLEAR
            if clear or stage.chance(0.04):
                things.append(thing)
                truth.add(thing, shown, found)
            if clear:
                break
    return things


def _populate(stage: Stage, progress: Progress | None) -> list[Thing]:
    """Draw everything that does not fuse."""
    area = stage.height * stage.width / 256**2
    taste = np.array(list(OTHERS.values())) * stage.rng.gamma(0.5, 2.0, len(OTHERS))
    n = round(stage.log(15, 500) * area)
    makers = list(OTHERS)
    out: list[Thing] = []
    for k in each(stage.rng.choice(len(makers), n, p=taste / taste.sum()), progress, "drawing others"):
        out += makers[k](stage)
    crowd = round(stage.log(30, 1200) * area) if stage.chance(0.3) else 0
    for _ in range(crowd):
        out += motion.granule(stage)
    return out


def _placed(things: list[Thing], happens: Disturbance) -> NDArray[np.float64]:
    """Return the clouds of all things where the stage and the focus put them."""
    clouds = np.concatenate([np.zeros((0, 6)), *(thing.clouds for thing in things)])
    t = clouds[:, 0].astype(int)
    clouds[:, 1:3] += happens.shift[t]
    clouds[:, 3] += happens.focus[t]
    return clouds


def _picture(
    stage: Stage, backdrop: Backdrop, happens: Disturbance, level: float, progress: Progress | None
) -> NDArray[np.float32]:
    """Return the movie of the cells alone ``(t, y, x)``."""
    picture = np.empty((stage.frames, stage.height, stage.width), np.float32)
    for t in each(range(stage.frames), progress, "drawing cells"):
        blur = abs(happens.focus[t]) * 0.35 / stage.pixel_um
        picture[t] = backdrop.frame(t, happens.shift[t], blur) * (level * (0.2 + 0.8 * happens.fading[t]))
    return picture


def _count(things: list[Thing]) -> dict[str, int]:
    names = [thing.name for thing in things]
    return {name: names.count(name) for name in sorted(set(names))}


def _movie(
    truth: Truth,
    happens: Disturbance,
    own: NDArray,
    counts: NDArray,
    gain: float,
    recipe: dict,
    cell: NDArray,
    progress: Progress | None,
) -> SimulatedMovie:
    """Return the movie with its truth moved along with the picture; what lies outside of it is left out."""
    frames, height, width = counts.shape

    def inside(y: NDArray, x: NDArray) -> NDArray:
        return (y > -0.5) & (y < height - 0.5) & (x > -0.5) & (x < width - 0.5)

    def moved(rows: list, columns: int, at: int) -> NDArray[np.float32]:
        out = np.array(rows, np.float32).reshape(-1, columns)
        out[:, at + 1 : at + 3] += happens.shift[out[:, at].astype(int).clip(0, frames - 1)]
        return out[inside(out[:, at + 1], out[:, at + 2])]

    events = [
        replace(e, y=e.y + happens.shift[e.frame, 0], x=e.x + happens.shift[e.frame, 1])
        for e in sorted(truth.events, key=lambda e: (e.frame, e.y, e.x))
    ]
    events = [e for e in events if inside(np.array(e.y), np.array(e.x))]
    shifted, unlike = happens.sudden
    # What happens to the whole picture happens everywhere: a place of NaN says so.
    everywhere = [(DRIFT.id, t, np.nan, np.nan) for t in shifted] + [(FOCUS.id, t, np.nan, np.nan) for t in unlike]
    artefacts = np.concatenate([moved(truth.artefacts, 4, 1), np.array(everywhere, np.float32).reshape(-1, 4)])
    seen = with_peak_z(events, own, counts, gain=gain, progress=progress)
    return SimulatedMovie(
        counts, seen, artefacts, recipe["pixel_size_um"], recipe["frame_interval_s"], recipe, cell,
        moved(truth.unclear, 3, 0),
    )  # fmt: skip
