"""The paper's simulated movies: spots, clouds and noise after Eq 15-18, in the reading published here.

What the paper leaves open, and what is done here
-------------------------------------------------
Noise (Eq 18)
    Adding ``Poisson(lambda I)`` to ``I`` as written would multiply the signal by ``1 + lambda``: the SNR would be worst
    at lambda = 1 and rise again, against the text. We take the noise without its mean::

        movie = I + G_1 * (Poisson(lambda I) - lambda I) + white

    where ``G_1 *`` is a Gaussian blur of 1 px and `white` is Gaussian noise of 0.5 (what ``imnoise`` adds).
Units
    A Poisson variable needs a unit. Background 25, vesicles 16-160 and clouds 24-200 photons above it; each movie
    draws one typical brightness between 40 and 80. The file holds ``8 (movie + 100)`` counts, so nothing is clipped.
SNR
    A blur of 1 px divides the standard deviation of white noise by ``2 sqrt(pi) = 3.54``, so on the background it is
    ``sqrt(25 lambda / (4 pi) + 0.25)``: 0.67, 1.5 and 4.5 photons at lambda = 0.1, 1 and 10, and the SNR (amplitude
    over this) of the faintest cloud (24) is 36, 16 and 5. Every event carries its own `peak_z`; its median over the
    events of seeds 0-2 is 50, 22 and 8, its tenth percentile 17, 10 and 4.
Clouds (Eq 16-17)
    Taken literally. With ``e = exp(-(T - t)^2 / (2 tau)^2)`` a cloud is a Gaussian of height ``mu e`` and standard
    deviation ``sigma_s sqrt(2 / e)``: it gathers, is brightest and narrowest at T, and spreads as it came; its light
    stays the same. tau is drawn from 1-5 frames, sigma_s from the vesicles' [1.1, 3] px.
The vesicle before its fusion
    The text has vesicles that move and fuse, the equations a cloud alone. Half of the clouds come from a vesicle that
    moved there before and gives its light away as the cloud gathers (``1 - e``); the others come from nothing.
Movement
    Brownian, with a step of 0.02-0.5 px per frame (log-uniform) that each vesicle keeps.
Places
    Events lie at least 4 px from the border and 3 frames from the movie's ends, so that some are cut by them, and 10 px
    or 25 frames apart. One seed gives one noise-free movie, whatever lambda is, as in the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import ParameterError
from ivea_fiji.events.classes import FLUCTUATION, FUSION, MOTION
from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.simulation.visibility import with_peak_z

GAIN = 8.0
"""Counts per photon of the file."""
OFFSET = 100.0
"""Photons added so that noise below zero is kept."""
_SIGMA = (1.1, 3.0)
_TAU = (1.0, 5.0)
_STEP = (0.02, 0.5)
_VESICLE = (0.4, 2.0)  # of the movie's typical brightness
_CLOUD = (0.6, 2.5)
_EDGE_PX = 4
_EDGE_FRAMES = 3
_APART_PX, _APART_FRAMES = 10.0, 25
_FAINTEST = 1e-3  # clouds are drawn while e is above this
_MOVING = 0.1  # px per frame: from here on a vesicle is said to move


@dataclass
class _Vesicle:
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    sigma: float
    amplitude: NDArray[np.float64]
    """Per frame; 0 where there is no vesicle."""
    step: float


def simulate_paper(
    *,
    noise_factor: float,
    seed: int,
    frames: int = 200,
    height: int = 256,
    width: int = 256,
    events: int = 20,
    vesicles: int = 50,
    docked: float = 0.5,
    background: float = 25.0,
    white: float = 0.5,
    blur: float = 1.0,
    pixel_size_um: float = 0.1,
    frame_interval_s: float = 0.1,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a movie after Eq 15-18 of the paper; the module's text says how they are read.

    Parameters
    ----------
    noise_factor
        lambda of Eq 18, 0.1-10 in the paper; 0 leaves the white noise alone.
    seed
        Seed of everything that is drawn. The noise-free movie depends on it and the sizes only.
    frames, height, width
        Size of the movie, at least 8 frames of 16x16 px.
    events, vesicles
        Number of fusions, and of vesicles that never fuse.
    docked
        Share of the fusions whose vesicle is seen before.
    background, white
        Photons per pixel, and standard deviation of the white noise in photons.
    blur
        Standard deviation of the blur of the shot noise, px.
    pixel_size_um, frame_interval_s
        Scale written to the file; the recipe itself knows px and frames only.
    progress
        Told what is being simulated, and asked whether to stop.

    Raises
    ------
    ParameterError
        If the movie is too small, or a number is negative.
    """
    if frames < 8 or height < 16 or width < 16:
        raise ParameterError("A simulated movie needs at least 8 frames of 16x16 px; ask for a larger one.")
    if min(noise_factor, events, vesicles, background, white, blur) < 0 or not 0 <= docked <= 1:
        raise ParameterError("Noise factor, counts and intensities of a simulation must not be negative.")
    scene, noise = np.random.default_rng(seed).spawn(2)
    typical = scene.uniform(40, 80)
    shape = (frames, height, width)
    fusions = _draw_events(scene, shape, events, typical)
    spots = [_draw_vesicle(scene, shape, typical) for _ in range(vesicles)]
    fusing = [_draw_docked(scene, frames, e, typical) for e in fusions if scene.random() < docked]
    clean = np.full(shape, background, np.float32)
    for vesicle in each([*spots, *fusing], progress, "drawing vesicles"):
        _render_vesicle(clean, vesicle)
    for event in each(fusions, progress, "drawing events"):
        _render_cloud(clean, event)
    counts = add_noise(clean, noise_factor, noise, white=white, blur=blur, progress=progress)
    return SimulatedMovie(
        frames=counts,
        events=with_peak_z(fusions, clean, counts, gain=GAIN, progress=progress),
        artefacts=_artefacts([*spots, *fusing], fusions, shape),
        pixel_size_um=pixel_size_um,
        frame_interval_s=frame_interval_s,
        recipe={
            "recipe": "paper", "seed": seed, "noise_factor": noise_factor, "frames": frames, "height": height,
            "width": width, "events": events, "vesicles": vesicles, "docked": docked, "background": background,
            "white": white, "blur": blur, "typical_amplitude": typical, "gain": GAIN, "offset": OFFSET * GAIN,
        },
    )


def add_noise(
    clean: NDArray[np.float32], noise_factor: float, rng: np.random.Generator, *, white: float = 0.5, blur: float = 1.0,
    progress: Progress | None = None,
) -> NDArray[np.uint16]:
    """Return the movie with the noise of Eq 18 in our reading, counts ``(t, y, x)``.

    Parameters
    ----------
    clean
        Noise-free movie, photons, not negative.
    noise_factor
        lambda.
    rng
        Where chance comes from.
    white, blur, progress
        As in `simulate_paper`.
    """
    counts = np.empty(clean.shape, np.uint16)
    for t, image in enumerate(each(clean, progress, "recording frames")):
        noisy = image + white * rng.standard_normal(image.shape, np.float32)
        if noise_factor > 0:
            expected = noise_factor * image
            shot = (rng.poisson(expected) - expected).astype(np.float32)
            noisy += cv2.GaussianBlur(shot, (0, 0), blur) if blur > 0 else shot
        counts[t] = np.clip(np.rint(GAIN * (noisy + OFFSET)), 0, 65535)
    return counts


def cloud(event: TrueEvent, frame: int) -> tuple[float, float]:
    """Return height and standard deviation (px) of a cloud at a frame, Eq 16-17."""
    e = float(np.exp(-((event.frame - frame) ** 2) / (2 * event.duration) ** 2))
    return event.amplitude * e, event.sigma / np.sqrt(e)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _draw_events(rng: np.random.Generator, shape: tuple[int, int, int], count: int, typical: float) -> list[TrueEvent]:
    frames, height, width = shape
    drawn: list[TrueEvent] = []
    for _ in range(count):
        for _attempt in range(50):
            t = int(rng.integers(_EDGE_FRAMES, frames - _EDGE_FRAMES))
            y, x = rng.uniform(_EDGE_PX, height - 1 - _EDGE_PX), rng.uniform(_EDGE_PX, width - 1 - _EDGE_PX)
            if all(np.hypot(y - e.y, x - e.x) > _APART_PX or abs(t - e.frame) > _APART_FRAMES for e in drawn):
                break
        else:
            size = f"{frames} frames of {height}x{width} px"
            raise ParameterError(f"{count} events do not fit into {size}; ask for fewer events or a larger movie.")
        drawn.append(
            TrueEvent(
                class_id=FUSION.id,
                kind="eq16",
                frame=t,
                y=float(y),
                x=float(x),
                duration=float(rng.uniform(*_TAU)),
                amplitude=typical * _log_uniform(rng, *_CLOUD),
                sigma=float(np.sqrt(2) * rng.uniform(*_SIGMA)),  # as it is at the peak
            )
        )
    return sorted(drawn, key=lambda e: (e.frame, e.y, e.x))


def _walk(rng: np.random.Generator, frames: int, step: float) -> NDArray[np.float64]:
    return np.cumsum(rng.normal(0, step, (frames, 2)), axis=0)


def _draw_vesicle(rng: np.random.Generator, shape: tuple[int, int, int], typical: float) -> _Vesicle:
    frames, height, width = shape
    step = _log_uniform(rng, *_STEP)
    path = _walk(rng, frames, step)
    path += (rng.uniform(0, height - 1), rng.uniform(0, width - 1))
    amplitude = np.full(frames, typical * _log_uniform(rng, *_VESICLE))
    return _Vesicle(path[:, 0], path[:, 1], float(rng.uniform(*_SIGMA)), amplitude, step)


def _draw_docked(rng: np.random.Generator, frames: int, event: TrueEvent, typical: float) -> _Vesicle:
    """Draw the vesicle of an event: it walks until it stands at the site, and is no brighter than the cloud."""
    step = _log_uniform(rng, *_STEP)
    path = _walk(rng, frames, step)
    path += (event.y, event.x) - path[event.frame]
    brightness = min(typical * _log_uniform(rng, *_VESICLE), event.amplitude)
    time = np.arange(frames)
    left = 1 - np.exp(-((event.frame - time) ** 2) / (2 * event.duration) ** 2)
    amplitude = np.where(time < event.frame, brightness * left, 0.0)
    return _Vesicle(path[:, 0], path[:, 1], event.sigma / np.sqrt(2), amplitude, step)


def _render_vesicle(movie: NDArray[np.float32], vesicle: _Vesicle) -> None:
    """Add a vesicle to a movie: Eq 15, nothing beyond 2 sigma."""
    radius = 2 * vesicle.sigma
    for t in np.flatnonzero(vesicle.amplitude):
        rows = _span(vesicle.y[t], radius, movie.shape[1])
        columns = _span(vesicle.x[t], radius, movie.shape[2])
        if not len(rows) or not len(columns):
            continue
        distance = (rows[:, None] - vesicle.y[t]) ** 2 + (columns - vesicle.x[t]) ** 2
        spot = vesicle.amplitude[t] * np.exp(-distance / (2 * vesicle.sigma**2))
        spot[distance > radius**2] = 0
        movie[t, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += spot


def _render_cloud(movie: NDArray[np.float32], event: TrueEvent) -> None:
    """Add a cloud to a movie: Eq 16-17, to 4 standard deviations."""
    reach = int(2 * event.duration * np.sqrt(-np.log(_FAINTEST)))
    for t in range(max(0, event.frame - reach), min(len(movie), event.frame + reach + 1)):
        height, sigma = cloud(event, t)
        rows, columns = _span(event.y, 4 * sigma, movie.shape[1]), _span(event.x, 4 * sigma, movie.shape[2])
        vertical = np.exp(-((rows - event.y) ** 2) / (2 * sigma**2)).astype(np.float32)
        horizontal = (height * np.exp(-((columns - event.x) ** 2) / (2 * sigma**2))).astype(np.float32)
        movie[t, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += np.outer(vertical, horizontal)


def _span(centre: float, radius: float, size: int) -> NDArray[np.int_]:
    """Return the pixel numbers within `radius` of `centre` that lie in the image."""
    return np.arange(max(0, int(np.ceil(centre - radius))), min(size - 1, int(np.floor(centre + radius))) + 1)


def _artefacts(
    vesicles: list[_Vesicle], events: list[TrueEvent], shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Return rows ``(class id, frame, y, x)``, every 4 frames of every vesicle that is not part of a fusion then."""
    rows = []
    for vesicle in vesicles:
        kind = MOTION.id if vesicle.step > _MOVING else FLUCTUATION.id
        for t in range(0, shape[0], 4):
            y, x = vesicle.y[t], vesicle.x[t]
            inside = 0 <= y <= shape[1] - 1 and 0 <= x <= shape[2] - 1
            if inside and vesicle.amplitude[t] > 0 and not _in_fusion(events, t, y, x):
                rows.append((kind, t, y, x))
    return np.array(rows, np.float32).reshape(-1, 4)


def _in_fusion(events: list[TrueEvent], frame: int, y: float, x: float) -> bool:
    return any(
        abs(e.frame - frame) <= 3 * e.duration + 4 and np.hypot(e.y - y, e.x - x) <= 2 * e.sigma + 2 for e in events
    )
