"""Faint areas: no pixel of them is clear of its noise in any frame, but the mean of many pixels and frames is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.linking import Candidate
from ivea_fiji.hotspots.survey import BIN, Survey
from ivea_fiji.movie.blocks import each_block

_MAD_TO_SD = 1.4826
LEAST_Z = 5.6
"""Standard deviations by which a change must stand out (chosen on validation movies)."""
_SURROUND = 6.0
"""Standard deviation of the Gaussian that tells what the surroundings do, squares."""
_SCALES = (1.0, 2.0)
"""Standard deviations of the Gaussians over which areas are averaged, squares."""
_NOISE_FRAMES = 64
"""Changes, spread over the movie, that tell the noise of a place."""
_QUIET, _QUIET_SD = 0.3, 0.3853
"""Quantile of the absolute changes that tells the noise, and what it is for a standard deviation of 1: a place that is
active half of the time has the noise of its quiet half."""
_LEAST_CHANGES = 8
_NOISE_SIGMA = 1.0
"""Squares over which variances are averaged."""
_CLEAR = 4.0
"""What stands out by more has no say in what the surroundings do."""
_EDGE = 0.5
"""An area are the squares that stand out at least by this part of the highest."""
_CLIP_SD = 3.0
_GROUPS = 12
_USUAL = 0.6
"""Quantile of the noise of places of like brightness that is called usual."""
_USUAL_BORDER = 0.75
_BORDER = 3
"""Squares from the border within which the surroundings lie on one side only."""
_SAMPLE = 2048
"""Squares that tell what places of like brightness do."""
_DRIFT = 0.5
"""By this part the noise is taken for larger where all of it is drift: few changes of a drift are independent, and
what they tell of its height is uncertain."""
_FEW = 0.5
"""By this part over the number of windows that fit into the movie the noise is taken for larger: few tell it badly."""
_OUTSHONE = 15.0
"""What stands out by so many times less than something near it, at the same time, may be its trace."""
_BLOCK = 240
"""Frames that are worked on at once."""
_APART = 3.0
"""Two changes nearer than so many scales, and in the same frames, are one."""


@dataclass(frozen=True)
class Window:
    """Frames that are compared: the mean of `after` frames less that of `before` frames that end `gap` frames earlier.

    Attributes
    ----------
    after, gap, before
        Frames.
    step
        One frame in so many is looked at.
    """

    after: int
    gap: int
    before: int
    step: int

    @property
    def back(self) -> int:
        """Frames needed before the first one after."""
        return self.gap + self.before


WINDOWS = (Window(4, 1, 12, 2), Window(8, 5, 14, 4), Window(20, 20, 20, 10))
"""Short, longer, and slowly rising events."""


@dataclass(frozen=True)
class Rise:
    """A place and a time at which a movie brightens.

    Attributes
    ----------
    z
        Standard deviations.
    frame
        First of the frames `after`.
    y, x
        Square.
    scale
        Of the Gaussian, squares.
    window
        What was compared.
    """

    z: float
    frame: int
    y: int
    x: int
    scale: float
    window: Window


class Scan:
    """Looks for what brightens between the frames of one window.

    Parameters
    ----------
    look
        The movie, averaged over squares.
    window
        What is compared.
    """

    def __init__(self, look: Survey, window: Window) -> None:
        self._coarse, self._light, self._window = look.coarse, look.light, window
        self._near, self._far = [_blur(self._light, scale) for scale in _SCALES], _blur_wide(self._light)
        rank = (np.argsort(np.argsort(self._light, axis=None)) / self._light.size - 0.5).astype(np.float32)
        self._terms = np.stack([np.ones_like(rank), rank, rank * rank], axis=1)
        self._sample = np.unique(np.linspace(0, rank.size - 1, min(rank.size, _SAMPLE)).astype(np.intp))
        self._fit = np.linalg.pinv(self._terms[self._sample]).astype(np.float32)
        frames = len(look.coarse)
        self.first, self.stop = window.back, frames - window.after + 1
        if self.stop - self.first < _LEAST_CHANGES:
            self.stop = self.first
            return
        at = np.unique(np.linspace(self.first, self.stop - 1, min(_NOISE_FRAMES, self.stop - self.first)).astype(int))
        changes = np.stack([self._beside(self._change(int(t)), None) for t in at])
        self._usual = np.median(changes, axis=0)
        spread = np.quantile(np.abs(changes - self._usual), _QUIET, axis=0) / _QUIET_SD
        self._sd = np.stack([np.maximum(np.sqrt(_blur(one * one, _NOISE_SIGMA)), 1e-9) for one in spread])
        self._sd = np.maximum(self._sd, [_usual_noise(one, self._light) for one in self._sd])
        drift = np.clip(1 - (self._camera(at[::2]) / self._sd) ** 2, 0, 1)
        apart = max(1.0, (self.stop - self.first) / (window.after + window.before))
        self._sd = np.asarray(self._sd * (1 + _DRIFT * drift) * (1 + _FEW / apart), np.float32)

    def __call__(self, t: int) -> NDArray[np.float32]:
        """Return by how many standard deviations every square is brighter from frame `t` on than before.

        Returns
        -------
        ndarray
            ``(k, h, w)``, averaged over each of `_SCALES`.
        """
        change = self._change(t)
        z = (self._beside(change, None) - self._usual) / self._sd
        quiet = np.abs(z).max(axis=0) < _CLEAR
        if not quiet.all():
            z = (self._beside(change, quiet) - self._usual) / self._sd
        return np.asarray(z, np.float32)

    def rises(self, least: float, begin: int, end: int) -> list[Rise]:
        """Return the places that stand out by `least` in frames from `begin` to `end`, one per place and frame."""
        found = []
        for t in range(max(self.first, begin), min(self.stop, end)):
            if t % self._window.step:
                continue
            for scale, z in zip(_SCALES, self(t), strict=True):
                if z.max() < least:
                    continue
                side = 2 * round(2 * scale) + 1
                highest = cv2.dilate(z, np.ones((side, side), np.uint8))
                for y, x in np.argwhere((z == highest) & (z >= least)).tolist():
                    found.append(Rise(float(z[y, x]), t, y, x, scale, self._window))
        return found

    def _camera(self, at: NDArray[np.int_]) -> NDArray[np.float32]:
        """Return the noise that camera and photons alone would leave ``(k, h, w)``, from successive frames."""
        w = self._window
        steps = np.stack([self._beside(self._usual_taken(self._coarse[t] - self._coarse[t - 1]), None) for t in at])
        spread = _MAD_TO_SD * np.median(np.abs(steps), axis=0) * np.sqrt(0.5 / w.after + 0.5 / w.before)
        return np.stack([np.sqrt(_blur(one * one, _NOISE_SIGMA)) for one in spread])

    def _change(self, t: int) -> NDArray[np.float32]:
        w = self._window
        change = self._coarse[t : t + w.after].mean(axis=0)
        change -= self._coarse[t - w.back : t - w.gap].mean(axis=0)
        return self._usual_taken(change)

    def _usual_taken(self, change: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take off what places of like brightness do, so that nothing stands out by lamp and bleaching alone."""
        relative = change.ravel()[self._sample] / self._light.ravel()[self._sample]
        middle = np.median(relative)
        reach = _CLIP_SD * _MAD_TO_SD * np.median(np.abs(relative - middle))
        fit = self._fit @ np.clip(relative, middle - reach, middle + reach)
        return np.asarray(change - self._light * (self._terms @ fit).reshape(change.shape), np.float32)

    def _beside(self, change: NDArray[np.float32], quiet: NDArray[np.bool_] | None) -> NDArray[np.float32]:
        """Return a change over the light, averaged over each scale, less that of the surroundings ``(k, h, w)``."""
        if quiet is None:
            around = _blur_wide(change) / self._far
        else:
            weights = np.maximum(_blur_wide(self._light * quiet), 1e-3 * self._far)
            around = _blur_wide(change * quiet) / weights
        return np.stack([_blur(change, s) / near - around for s, near in zip(_SCALES, self._near, strict=True)])


def find_faint(
    look: Survey, shape: tuple[int, int], smallest: int, workers: int, stricter: float = 1.0
) -> list[Candidate]:
    """Return candidates that stand out of their noise only in the mean of many pixels and frames.

    Parameters
    ----------
    look
        The movie, averaged over squares.
    shape
        Height and width of the movie.
    smallest
        Least pixels of an area.
    workers
        Parts of the movie that are worked on at once.
    stricter
        Factor on the standard deviations by which they must stand out.

    Notes
    -----
    Ours. The noise is that of the place itself, in such changes all over the movie, so that what always drifts stands
    out of nothing.
    """
    scans = {window: Scan(look, window) for window in WINDOWS}

    def part(begin: int, end: int) -> list[Rise]:
        return [rise for scan in scans.values() for rise in scan.rises(stricter * LEAST_Z, begin, end)]

    found: list[Rise] = []
    for _, _, some in each_block(len(look.coarse), _BLOCK, workers, part):
        found += some
    made = (_candidate(rise, scans[rise.window], look.lit, shape, smallest) for rise in one_each(found))
    return [one for one in made if one is not None]


def one_each(rises: list[Rise]) -> list[Rise]:
    """Return the most marked of rises that are near each other and have frames in common, the most marked first.

    In what is as near as the surroundings reach, those outshone by it are left out, too.
    """
    kept: list[Rise] = []
    for rise in sorted(rises, key=lambda r: (-r.z, r.frame, r.y, r.x, r.scale)):
        if not any(_same(rise, other) for other in kept):
            kept.append(rise)
    return kept


def _same(one: Rise, other: Rise) -> bool:
    begin = max(one.frame - one.window.gap, other.frame - other.window.gap)
    end = min(one.frame + one.window.after, other.frame + other.window.after)
    outshone = max(one.z, other.z) > _OUTSHONE * min(one.z, other.z)
    apart = 3 * _SURROUND if outshone else _APART * max(one.scale, other.scale) + 1
    return begin <= end + 2 and float(np.hypot(one.y - other.y, one.x - other.x)) <= apart


def _candidate(
    rise: Rise, scan: Scan, lit: NDArray[np.bool_], shape: tuple[int, int], smallest: int
) -> Candidate | None:
    """Return the candidate of a rise; None if it is too small or lies where there is no light."""
    z = scan(rise.frame)[_SCALES.index(rise.scale)]
    _, labels = cv2.connectedComponents((z >= _EDGE * z[rise.y, rise.x]).astype(np.uint8), connectivity=8)
    area = labels == labels[rise.y, rise.x]
    if not lit[rise.y, rise.x] or np.count_nonzero(area & lit) < 0.5 * np.count_nonzero(area):
        return None
    whole = np.kron(area & lit, np.ones((BIN, BIN), np.bool_))[: shape[0], : shape[1]]
    pixels = np.flatnonzero(whole)
    if len(pixels) < smallest:
        return None
    y, x = np.divmod(pixels, shape[1])
    window = rise.window
    return Candidate(
        rise.frame, rise.frame + window.after - 1, pixels, window.after, float(y.mean()), float(x.mean()),
        rise.z / LEAST_Z, lead=window.gap, sigma=BIN, pooled=1 + window.after // 2, faint=True,
    )  # fmt: skip


def _usual_noise(sd: NDArray[np.float32], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the usual noise of places as bright, and as near to the border, as each.

    A place tells its noise from few changes that are independent of each other; one that happens to drift little in
    them would stand out with every other.
    """
    distance = cv2.distanceTransform(np.pad(np.ones(light.shape, np.uint8), 1), cv2.DIST_C, 3)[1:-1, 1:-1]
    inner = distance > _BORDER
    if not inner.any():
        inner = np.ones_like(inner)
    groups = [g for g in np.array_split(np.flatnonzero(inner)[np.argsort(light[inner])], _GROUPS) if g.size]
    bright = [float(np.median(light.ravel()[g])) for g in groups]
    usual = np.interp(light, bright, [float(np.quantile(sd.ravel()[g], _USUAL)) for g in groups])
    for d in range(1, _BORDER + 1):
        ring = distance == d
        if ring.any():
            usual[ring] *= max(1.0, float(np.quantile((sd / usual)[ring], _USUAL_BORDER)))
    return np.asarray(usual, np.float32)


def _blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _blur_wide(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an image blurred by `_SURROUND`; what is so smooth need not be made finely."""
    height, width = image.shape
    half = cv2.resize(image, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    wide = _blur(np.asarray(half, np.float32), _SURROUND / 2)
    return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
