"""What is drawn of synapses before a camera sees it: boutons that release, and what only looks like it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation import artefacts, release, slow_responses
from ivea_fiji.simulation.camera import CameraRanges
from ivea_fiji.simulation.canvas import Canvas, log_uniform
from ivea_fiji.simulation.neurites import Bouton, boutons, neurite_image, neurites, travel
from ivea_fiji.simulation.release import Course, ReleaseRanges
from ivea_fiji.simulation.slow_responses import SlowRanges
from ivea_fiji.simulation.truth import TrueEvent

ELECTRICAL, AGONIST, SLOW, NH4 = "electrical", "agonist", "slow", "ammonium"
_APART_FRAMES = 22
"""Spontaneous events of one bouton are further apart than this."""
_REST_FRAMES = 24
"""No spontaneous event so near to a stimulus: it would be part of the response."""
_CLEAR_PX = 7.0
"""Artefacts keep so far from boutons: an event on top of a blinking spot could not be told from it."""
_AXON = 0.1
"""Part of its brightness from which a neurite is drawn on."""
SHORT_TRAIN = 3
"""Up to so many frames a stimulus makes a fusion like a spontaneous one; what is longer shows as a train."""
_LOCAL = {"rise": 0.28, "fluctuation": 0.28, "spike": 0.12, "passage": 0.22, "blinking": 0.1}
"""Artefacts that happen at one place, with their share."""


@dataclass(frozen=True)
class TrueRelease(TrueEvent):
    """One simulated event of a synapse: `frame` is the first of its rise, `duration` how long it rises."""

    site: int = 0
    """Number of the bouton, from 1."""


@dataclass(frozen=True)
class TrueSite:
    """A bouton: where it lies (drift included, mean over the movie) and how often it was active."""

    site: int
    y: float
    x: float
    sigma: float
    events: int


@dataclass(frozen=True)
class TrueStimulus:
    """A stimulus or an application of NH4+."""

    kind: str
    """'electrical', 'agonist', 'slow' (an agonist that is answered slowly) or 'ammonium'."""
    first: int
    last: int
    """First and last frame, from 0."""


@dataclass(frozen=True)
class SynapseRanges:
    """Limits between which a movie is drawn (log-uniform unless said)."""

    pixel_size_um: tuple[float, float] = (0.1, 0.28)
    frame_interval_s: tuple[float, float] = (0.04, 1.0)
    sigma_px: tuple[float, float] = (1.1, 2.6)
    photons: tuple[float, float] = (12.0, 400.0)
    """Peak of a typical event, photoelectrons per pixel and frame."""
    background: tuple[float, float] = (4.0, 300.0)
    contrast: tuple[float, float] = (1.5, 50.0)
    """Limits of a typical event over the shot noise of the background."""
    neurites: tuple[float, float] = (2.0, 9.0)
    """Neurites per 256 x 256 px."""
    axon: tuple[float, float] = (0.1, 1.2)
    """Light of neurites, in units of the typical event."""
    spacing: tuple[float, float] = (9.0, 45.0)
    apart: float = 7.0
    """Smallest distance of two boutons, px."""
    rest: tuple[float, float] = (0.05, 2.5)
    """Light of a resting bouton, in units of the typical event."""
    silent: float = 0.25
    """Share of boutons that never release (but show with NH4+)."""
    events: tuple[float, float] = (1.0, 5.0)
    """Spontaneous events per active bouton and 250 frames."""
    short_share: float = 0.25
    train: tuple[float, float] = (6.0, 70.0)
    """Length of a stimulus train, frames."""
    packets: tuple[float, float] = (2.0, 16.0)
    """Moving packets per 256 x 256 px."""
    speed: tuple[float, float] = (0.2, 1.5)
    """Their speed, px per frame."""
    artefacts: tuple[float, float] = (5.0, 40.0)
    """Local artefacts per 256 x 256 px and 250 frames."""
    drift: float = 0.6
    release: ReleaseRanges = field(default_factory=ReleaseRanges)
    slow: SlowRanges = field(default_factory=SlowRanges)
    camera: CameraRanges = field(default_factory=lambda: CameraRanges(em_share=0.6))


class Scene:
    """What is drawn before the camera sees it; a restless one is full of slow changes that are no events."""

    def __init__(
        self, rng: Generator, ranges: SynapseRanges, unit: float, frames: int, size: tuple[int, int], *,
        restless: bool = False,
    ) -> None:
        height, width = size
        self._rng, self._ranges, self.unit = rng, ranges, unit
        self._area = height * width / 256**2
        count = max(1, round(log_uniform(rng, *ranges.neurites) * self._area))
        self.ways = [w for w in neurites(rng, height, width, count) if len(w) > 8]
        self.axons = neurite_image(rng, self.ways, height, width)
        own = sorted(rng.uniform(*ranges.sigma_px, 2))
        self.boutons = boutons(rng, self.ways, height, width, ranges.spacing, ranges.apart, (own[0], own[1]))
        self.canvas = Canvas(rng, frames, self._between(size))
        self._silent = rng.random(len(self.boutons)) < ranges.silent
        self._busy = np.zeros((len(self.boutons), frames), bool)
        self.alkaline = np.zeros(frames)
        self._restless = restless
        self.lamp = np.ones(frames)
        self.events: list[TrueRelease] = []
        for bouton in self.boutons:
            self._rest(bouton)

    @property
    def frames(self) -> int:
        """Length of the movie."""
        return self.canvas.frames

    def sites(self, way: NDArray[np.float64]) -> tuple[TrueSite, ...]:
        """Return the boutons, moved by the mean drift, with the number of their events."""
        dy, dx = way.mean(axis=0)
        counts = np.bincount([e.site for e in self.events], minlength=len(self.boutons) + 1)
        return tuple(
            TrueSite(b.site, b.y + float(dy), b.x + float(dx), b.sigma, int(counts[b.site])) for b in self.boutons
        )

    def release_all(self, protocol: list[TrueStimulus], *, spontaneous: bool, count: int | None) -> None:
        """Draw what the stimuli make, and spontaneous events where none is near."""
        for stimulus in protocol:
            self._stimulate(stimulus)
        if spontaneous and self.boutons:
            self._spontaneous(count)

    def draw_artefacts(self) -> None:
        """Draw what moves, fluctuates, rises slowly or passes the focus."""
        rng, ranges = self._rng, self._ranges
        for _ in range(round(log_uniform(rng, *ranges.packets) * self._area) if self.ways else 0):
            self._packet()
        sigma = rng.uniform(*ranges.sigma_px)
        for _ in range(round(log_uniform(rng, *ranges.artefacts) * self._area * self.frames / 250)):
            name = list(_LOCAL)[rng.choice(len(_LOCAL), p=list(_LOCAL.values()))]
            amplitude = self.unit * log_uniform(rng, 0.3, 2.0)
            if name == "rise":
                self._slow_rise(sigma, amplitude)
            elif name == "fluctuation":
                self._fluctuation(sigma, amplitude)
            else:
                getattr(artefacts, name)(self.canvas, sigma, amplitude)
        if self._restless:
            slow_responses.draw_clouds(self.canvas, ranges.slow, self._area, self.unit)
            slow_responses.draw_blinkers(self.canvas, ranges.slow, self._area, sigma, self.unit)
            if rng.random() < 0.5:
                self.lamp = slow_responses.lamp_change(rng, ranges.slow, self.frames)

    def _between(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Return where artefacts are drawn ``(y, x)``: along neurites, but off the boutons."""
        y, x = np.mgrid[: size[0], : size[1]]
        free = np.ones(size, bool)
        for bouton in self.boutons:
            free &= np.hypot(y - bouton.y, x - bouton.x) > _CLEAR_PX
        near = free & (self.axons > _AXON)
        return near if near.any() else np.ones(size, bool)

    def _rest(self, bouton: Bouton) -> None:
        """Draw the light of a bouton that rests: what is on its surface, and never bleaches evenly."""
        level = self.unit * log_uniform(self._rng, *self._ranges.rest)
        course = np.full(self.frames, level)
        if self._restless:
            course *= slow_responses.wander(self._rng, self._ranges.slow, self.frames)
        self._shine(bouton, np.arange(self.frames), course)
        time = np.arange(0, self.frames, 6)
        self.canvas.note(-2 if level > 0.5 * self.unit else -1, time, bouton.y, bouton.x)

    def _shine(self, bouton: Bouton, time: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add light of one bouton: its picture times a course."""
        spots = self.canvas.spots
        height, width = spots.shape[1:]
        reach = 3.5 * bouton.sigma
        y = np.arange(max(int(bouton.y - reach), 0), min(int(bouton.y + reach) + 2, height))
        x = np.arange(max(int(bouton.x - reach), 0), min(int(bouton.x + reach) + 2, width))
        picture = np.exp(
            -0.5 * ((y[:, None] - bouton.y) ** 2 + (x[None] - bouton.x) ** 2) / bouton.sigma**2
        ).astype(np.float32)
        region = spots[time[0] : time[0] + len(time), y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        region += values.astype(np.float32)[:, None, None] * picture

    def _happen(self, bouton: Bouton, t0: int, course: Course, amplitude: float, class_id: int, kind: str) -> None:
        values = amplitude * course.values[: self.frames - t0]
        self._shine(bouton, t0 + np.arange(len(values)), values)
        self.events.append(
            TrueRelease(class_id, kind, t0, bouton.y, bouton.x, course.rising, amplitude, bouton.sigma,
                        site=bouton.site)
        )  # fmt: skip

    def _stimulate(self, stimulus: TrueStimulus) -> None:
        """Let boutons answer: most to a stimulus, all to NH4+, which also shows what moves along the axons."""
        rng, r = self._rng, self._ranges.release
        first, lasts = stimulus.first, stimulus.last - stimulus.first + 1
        rest = slice(max(first - _REST_FRAMES, 0), stimulus.last + _REST_FRAMES)
        answering = rng.uniform(0.4, 1)
        stays = stimulus.kind == SLOW and rng.random() < self._ranges.slow.stays
        for k, bouton in enumerate(self.boutons):
            if stimulus.kind == NH4:
                course = release.ammonium(rng, r, self.frames - first, lasts)
                self._happen(bouton, first, course, self.unit * log_uniform(rng, *r.pool), 5, NH4)
                self._busy[k, max(first - 30, 0) :] = True
                continue
            self._busy[k, rest] = True
            if stimulus.kind == SLOW:
                if not self._silent[k] and rng.random() < answering:
                    self._answer_slowly(bouton, stimulus, stays)
                continue
            late = int(rng.integers(0, 3)) if lasts > SHORT_TRAIN else 0
            if self._silent[k] or rng.random() > answering or first + late >= self.frames - 4:
                continue
            amplitude = self.unit * log_uniform(rng, *r.evoked_amplitude)
            if lasts <= SHORT_TRAIN:
                course = release.fusion(rng, r, self.frames - first)
                self._happen(bouton, first, course, amplitude, 0, "evoked")
            else:
                course = release.response(rng, r, self.frames - first - late, lasts - late)
                self._happen(bouton, first + late, course, amplitude, 4, stimulus.kind)
        if stimulus.kind == NH4:
            self.alkaline[first:] = rng.uniform(0.1, 0.8) * release.ammonium(rng, r, self.frames - first, lasts).values

    def _answer_slowly(self, bouton: Bouton, stimulus: TrueStimulus, stays: bool) -> None:
        rng, r = self._rng, self._ranges.slow
        first = stimulus.first + int(rng.integers(0, r.late + 1))
        course = slow_responses.slow_response(rng, r, self.frames - first, stimulus.last - first + 1, stays)
        self._happen(bouton, first, course, self.unit * log_uniform(rng, *r.amplitude), 4, SLOW)

    def _spontaneous(self, count: int | None) -> None:
        rng, ranges = self._rng, self._ranges
        per_bouton = log_uniform(rng, *ranges.events) * self.frames / 250
        active = np.flatnonzero(~self._silent)
        if count is None:
            wanted = rng.poisson(per_bouton, len(self.boutons)).astype(np.int64) * ~self._silent
        elif len(active):
            wanted = np.bincount(rng.choice(active, count), minlength=len(self.boutons)).astype(np.int64)
        else:
            return
        for k, bouton in enumerate(self.boutons):
            if not wanted[k]:
                continue
            for t in release.spaced(rng, 1, self.frames - 6, int(wanted[k]), _APART_FRAMES, self._busy[k]):
                short = rng.random() < ranges.short_share
                make = release.short_fusion if short else release.fusion
                course = make(rng, ranges.release, self.frames - t)
                amplitude = self.unit * log_uniform(rng, *ranges.release.amplitude)
                self._happen(bouton, t, course, amplitude, 3 if short else 0, "short" if short else "spontaneous")

    def _packet(self) -> None:
        rng = self._rng
        way = travel(rng, self.ways[rng.integers(len(self.ways))], self.frames, self._ranges.speed)
        amplitude = self.unit * log_uniform(rng, 0.3, 1.8) * (1 + self.alkaline)
        self.canvas.add(self.canvas.time, way[:, 0], way[:, 1], rng.uniform(*self._ranges.sigma_px), amplitude)
        moving = np.hypot(*np.gradient(way, axis=0).T) > 0.15
        moving = np.convolve(moving, np.ones(7), "same") > 0  # arrival and departure are motion as well
        self.canvas.note(-3, self.canvas.time[moving], way[moving, 0], way[moving, 1])

    def _slow_rise(self, sigma: float, amplitude: float) -> None:
        """Draw a place that brightens steadily for longer than the network sees."""
        rng = self._rng
        y, x = self.canvas.place()
        lasts = int(rng.integers(60, 220))
        t0 = int(rng.integers(-lasts // 2, self.frames - 10))
        part = np.clip((self.canvas.time - t0) / lasts, 0, 1)
        self.canvas.add(self.canvas.time, y, x, sigma, amplitude * (0.2 + 1.8 * part))
        self.canvas.note(-9, np.arange(max(t0, 0), min(t0 + lasts, self.frames), 2), y, x)

    def _fluctuation(self, sigma: float, amplitude: float) -> None:
        """Draw a bright place whose light goes up and down gradually."""
        rng = self._rng
        y, x = self.canvas.place()
        slow = rng.uniform(5, 25)
        wave = np.convolve(rng.normal(0, 1, self.frames + 200), np.exp(-0.5 * (np.arange(-75, 76) / slow) ** 2), "same")
        wave = wave[100 : 100 + self.frames]
        course = np.maximum(1 + rng.uniform(0.1, 0.4) * wave / (wave.std() + 1e-9), 0)
        self.canvas.add(self.canvas.time, y, x, sigma, amplitude * course)
        self.canvas.note(-2, self.canvas.time[::2], y, x)
