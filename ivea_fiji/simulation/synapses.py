"""Movies of synapses with truth: boutons on neurites that release again and again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.events.classes import FLUCTUATION, NOISE_FLUCTUATION
from ivea_fiji.progress import Progress
from ivea_fiji.simulation import optics
from ivea_fiji.simulation.camera import CameraRanges, record
from ivea_fiji.simulation.canvas import log_uniform
from ivea_fiji.simulation.release import ReleaseRanges
from ivea_fiji.simulation.synapse_scene import (
    AGONIST,
    ELECTRICAL,
    NH4,
    SHORT_TRAIN,
    SLOW,
    Scene,
    SynapseRanges,
    TrueSite,
    TrueStimulus,
)
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.simulation.visibility import with_peak_z, with_slow_z


@dataclass(frozen=True)
class SynapseMovie(SimulatedMovie):
    """A simulated movie of synapses with everything that is true of it."""

    sites: tuple[TrueSite, ...] = ()
    stimuli: tuple[TrueStimulus, ...] = ()


TRAINING = SynapseRanges()
SHIFTED = SynapseRanges(
    pixel_size_um=(0.09, 0.33),
    sigma_px=(1.0, 2.9),
    photons=(15.0, 700.0),
    background=(10.0, 600.0),
    neurites=(3.0, 12.0),
    axon=(0.2, 1.8),
    rest=(0.03, 3.5),
    train=(5.0, 110.0),
    packets=(4.0, 24.0),
    speed=(0.15, 1.8),
    artefacts=(8.0, 55.0),
    drift=0.9,
    release=ReleaseRanges(
        amplitude=(0.4, 4.0), rise=(0.15, 1.6), decay=(8.0, 130.0), hold=(0, 12), short_decay=(0.3, 1.5),
        evoked_rise=(1.2, 8.5), evoked_decay=(8.0, 120.0), pool=(0.8, 6.0), ammonium_rise=(1.5, 8.5),
    ),
    camera=CameraRanges(
        em_share=0.75, gain=(0.2, 30.0), read_noise=(1.0, 9.0), pixel_gain_sd=0.04, column_sd=0.9, hot_share=6e-4,
        eight_bit_share=0.2,
    ),
)  # fmt: skip
"""Ranges for judging: wider and moved away from those of training."""
RANGES = {"training": TRAINING, "shifted": SHIFTED}


def simulate_synapses(
    seed: int,
    *,
    frames: int = 250,
    height: int = 192,
    width: int = 192,
    kind: str = "mixed",
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    ranges: SynapseRanges = TRAINING,
    progress: Progress | None = None,
) -> SynapseMovie:
    """Simulate a movie of synapses.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    kind
        'mixed' draws whether there are spontaneous events, stimuli and NH4+; 'spontaneous', 'stimulated' and 'ammonium'
        ask for one of them, 'none' for none: artefacts alone. 'slow' has stimuli that are answered slowly, and
        'restless' has none and no events: both are full of slow changes that are none.
    events
        Number of spontaneous events; drawn if None.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    ranges
        Limits of everything else.
    progress
        Told what is being simulated, and asked whether to stop.

    Notes
    -----
    Ours. Kinetics are drawn in frames and px, so that they do not depend on the frame rate. What the truth calls an
    event has an abrupt onset, or begins with those of many other boutons while a stimulus lasts; what else brightens
    without an abrupt onset takes longer than the window of the network, or comes and goes by itself.
    """
    rng = np.random.default_rng([seed, 52025])
    pixel = pixel_size_um or log_uniform(rng, *ranges.pixel_size_um)
    interval = frame_interval_s or log_uniform(rng, *ranges.frame_interval_s)
    unit, level = _brightness(rng, ranges)
    scene = Scene(rng, ranges, unit, frames, (height, width), restless=kind in ("slow", "restless"))
    protocol = _protocol(rng, ranges, kind, frames)
    if kind not in ("none", "restless"):
        alone = kind in ("mixed", "spontaneous") or (kind == "slow" and rng.random() < 0.5)
        scene.release_all(protocol, spontaneous=alone, count=events)
    scene.draw_artefacts()
    light, truth, rows, way = _expose(rng, scene, level, ranges, progress)
    counts, gain, camera = record(light, rng, ranges.camera, progress)
    visible = with_peak_z(truth, light, counts, gain=gain, progress=progress)
    if kind == "slow":
        visible = with_slow_z(visible, light, counts, gain=gain)
    seen = sorted(visible, key=lambda e: (e.frame, e.y, e.x))
    recipe = {
        "recipe": "synapses", "seed": seed, "kind": kind, "unit_photons": unit, "background_photons": level,
        "pixel_size_um": pixel, "frame_interval_s": interval, "largest_shift_px": float(np.abs(way).max()),
        "stimuli": [asdict(s) for s in protocol], "sites": [asdict(s) for s in scene.sites(way)],
        "ranges": asdict(ranges), **camera,
    }  # fmt: skip
    return SynapseMovie(
        counts, tuple(seen), rows, pixel, interval, recipe, sites=scene.sites(way), stimuli=tuple(protocol)
    )


def _brightness(rng: Generator, ranges: SynapseRanges) -> tuple[float, float]:
    """Draw the peak of a typical event and the level of the background so that events can be seen at all."""
    for _ in range(100):
        unit, level = log_uniform(rng, *ranges.photons), log_uniform(rng, *ranges.background)
        if ranges.contrast[0] < unit / np.sqrt(level + 10) < ranges.contrast[1]:
            break
    return unit, level


def _protocol(rng: Generator, ranges: SynapseRanges, kind: str, frames: int) -> list[TrueStimulus]:
    """Draw stimuli, and NH4+ at the end."""
    if kind == "slow":
        return _slow_protocol(rng, ranges, frames)
    out: list[TrueStimulus] = []
    nh4 = kind == "ammonium" or (kind == "mixed" and rng.random() < 0.25)
    end = int(rng.uniform(0.6, 0.85) * frames) if nh4 else frames
    if kind == "stimulated" or (kind == "mixed" and rng.random() < 0.5):
        how = ELECTRICAL if rng.random() < 0.7 else AGONIST
        t = int(rng.integers(12, max(int(0.4 * end), 13)))
        for _ in range(rng.integers(1, 5)):
            short = how == ELECTRICAL and rng.random() < 0.3
            lasts = int(rng.integers(1, SHORT_TRAIN + 1)) if short else round(log_uniform(rng, *ranges.train))
            if t + lasts + 20 > end:
                break
            out.append(TrueStimulus(how, t, t + lasts - 1))
            t += lasts + int(rng.integers(25, 80))
    if nh4:
        stays = rng.random() < 0.6
        last = frames - 1 if stays else min(end + int(rng.integers(30, 90)), frames - 1)
        out.append(TrueStimulus(NH4, end, last))
    return out


def _slow_protocol(rng: Generator, ranges: SynapseRanges, frames: int) -> list[TrueStimulus]:
    """Draw one or two stimuli that are answered slowly."""
    out: list[TrueStimulus] = []
    t = int(rng.integers(40, max(frames // 2, 41)))
    for _ in range(rng.integers(1, 3)):
        lasts = round(log_uniform(rng, *ranges.slow.train))
        if t + lasts > frames and out:
            break
        out.append(TrueStimulus(SLOW, t, min(t + lasts, frames) - 1))
        t += lasts + int(rng.integers(60, 160))
    return out


def _expose(
    rng: Generator, scene: Scene, level: float, ranges: SynapseRanges, progress: Progress | None
) -> tuple[NDArray[np.float32], list[TrueEvent], NDArray[np.float32], NDArray[np.float64]]:
    """Turn the scene into light on the camera, and move the truth along with the picture."""
    light, frames = scene.canvas.spots, scene.frames
    # Boutons out of focus brighten the background along with those that are seen.
    glow = light.mean(axis=(1, 2))
    axons = scene.axons * scene.unit * log_uniform(rng, *ranges.axon)
    light += axons * (1 + scene.alkaline[:, None, None]).astype(np.float32)
    light += optics.background(rng, np.minimum(scene.axons, 1), level)
    light += rng.uniform(0, 1.5) * glow[:, None, None]
    light *= optics.illumination(rng, *light.shape[1:])
    brightness, shaken = optics.lamp(rng, frames)
    brightness = (brightness * scene.lamp).astype(np.float32)
    light *= brightness[:, None, None]
    way, jumps = optics.drift(rng, frames, ranges.drift)
    blur, defocused = optics.focus(rng, frames)
    optics.move_and_blur(light, way, blur, progress)
    truth: list[TrueEvent] = [
        replace(e, y=e.y + float(way[e.frame, 0]), x=e.x + float(way[e.frame, 1])) for e in scene.events
    ]
    rows = np.array(scene.canvas.artefacts, np.float32).reshape(-1, 4)
    rows[rows[:, 0] == NOISE_FLUCTUATION.id, 0] = FLUCTUATION.id  # blinking: one class here
    rows[:, 2:] += way[rows[:, 1].astype(int).clip(0, frames - 1)]
    # Global changes hold everywhere: a place of NaN says so.
    everywhere = [(-3, t) for t in jumps] + [(-2, t) for t in shaken.tolist()] + [(-5, t) for t in defocused.tolist()]
    extra = np.array([(c, t, np.nan, np.nan) for c, t in everywhere], np.float32).reshape(-1, 4)
    return light, truth, np.concatenate([rows, extra]), way
