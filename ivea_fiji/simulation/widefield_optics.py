"""Images of points of light and of clouds at any depth, from a model of an objective."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError
from ivea_fiji.progress import Progress, each

_FINE_UM = 0.04
_REACH_UM = 4.0
_DEPTH_STEP_UM = 0.15
_DEEPEST_UM = 1.8
_RADIUS_STEP_PX = 0.1
_LARGEST_PX = 44
_EXTRA_PX = np.concatenate([[0.0], np.geomspace(0.45, 22, 17)])
"""Standard deviations of clouds for which images are kept."""
_REACHES = (4, 6, 9, 13, 19, 28, 40)
_BATCH = 1500


@dataclass(frozen=True)
class Objective:
    """A drawn objective with what is in front of it."""

    numerical_aperture: float
    emission_um: float
    sample_index: float
    immersion_index: float
    source_um: float
    """Height of the sources above the coverslip: the larger, the more spherical aberration."""
    model: str = "vectorial"


@lru_cache(maxsize=8)
def _planes(objective: Objective) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return radii (um) and the radial profile at every depth ``(depth, radius)``, the sharpest in the middle."""
    try:
        import psfmodels
    except ImportError:
        raise MissingDependencyError(
            "Movies of the recipe 'widefield' need psfmodels, which is not installed; "
            'run: pip install "ivea-fiji[widefield]"'
        ) from None
    make_psf: Any = psfmodels.make_psf  # its types allow no arrays of depths
    half = round(_REACH_UM / _FINE_UM)
    steps = round(_DEEPEST_UM / _DEPTH_STEP_UM)
    options: dict[str, Any] = {
        "nx": 2 * half + 1, "dxy": _FINE_UM, "pz": objective.source_um, "NA": objective.numerical_aperture,
        "wvl": objective.emission_um, "ns": objective.sample_index, "ni": objective.immersion_index,
        "ni0": objective.immersion_index, "oversample_factor": 1, "model": objective.model, "normalize": False,
    }  # fmt: skip
    search = np.linspace(-0.5, 1.5, 41) + objective.source_um
    sharpest = search[make_psf(search, **{**options, "nx": 3})[:, 1, 1].argmax()]
    depths = sharpest + _DEPTH_STEP_UM * np.arange(-steps, steps + 1)
    stack = np.asarray(make_psf(depths, **options), np.float64)
    # Averaged over the two axes: rings stay, and the frame of the stack does not.
    profile = (stack[:, half, half:] + stack[:, half:, half]) / 2
    return np.arange(half + 1) * np.float64(_FINE_UM), np.maximum(profile, 0).astype(np.float64)


class Images:
    """Radial images of clouds of any width at any depth, per unit of light, for one size of pixel.

    A cloud is a Gaussian density; its image is that of a point convolved with it, worked out by Hankel transforms.

    Parameters
    ----------
    objective
        The objective.
    pixel_um
        Size of a pixel in the sample.
    """

    def __init__(self, objective: Objective, pixel_um: float) -> None:
        from scipy.special import j0

        radii, profile = _planes(objective)
        waves = np.arange(0, 6.6, 0.025)  # per um
        ring = np.gradient(radii) * 2 * np.pi * radii
        ring[0] = np.pi * (_FINE_UM / 2) ** 2
        transfer = (profile * ring) @ j0(2 * np.pi * radii[:, None] * waves)
        transfer /= transfer[:, :1]
        width = np.hypot(_EXTRA_PX, 1 / np.sqrt(12)) * pixel_um  # a pixel sees its whole area
        soft = np.exp(-2 * (np.pi * width[:, None] * waves) ** 2)
        self._radius = np.arange(0, _LARGEST_PX * 1.45, _RADIUS_STEP_PX)
        back = j0(2 * np.pi * waves[:, None] * self._radius * pixel_um) * (2 * np.pi * waves * 0.025)[:, None]
        self.table = np.maximum((transfer[:, None] * soft) @ back, 0).astype(np.float32) * np.float32(pixel_um**2)
        weight = np.arange(len(self._radius)) * np.float32(2 * np.pi * _RADIUS_STEP_PX**2)
        self.table /= np.maximum((self.table * weight).sum(-1, keepdims=True), 1e-9)
        dim = self.table < 0.0012 * self.table[..., :1]
        last = self.table.shape[-1] - 1 - dim[..., ::-1].argmin(-1)
        self._reach = np.clip(last * _RADIUS_STEP_PX, 3, _REACHES[-1])

    def _rows(self, z: NDArray, sigma: NDArray) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
        """Yield depth rows, width columns and weights of the four neighbours in the table."""
        depth = np.clip(z / _DEPTH_STEP_UM, -(len(self.table) // 2), len(self.table) // 2) + len(self.table) // 2
        wide = np.interp(sigma, _EXTRA_PX, np.arange(len(_EXTRA_PX)))
        i, j = (np.minimum(v.astype(int), n - 2) for v, n in ((depth, len(self.table)), (wide, len(_EXTRA_PX))))
        f, g = depth - i, wide - j
        for di, dj in ((0, 0), (0, 1), (1, 0), (1, 1)):
            yield i + di, j + dj, ((f if di else 1 - f) * (g if dj else 1 - g)).astype(np.float32)

    def at(self, z: NDArray, sigma: NDArray, radius: NDArray) -> NDArray[np.float64]:
        """Return how bright clouds of one unit of light are at a distance from their middle, per px."""
        where = np.minimum((np.asarray(radius) / _RADIUS_STEP_PX).round().astype(int), self.table.shape[-1] - 1)
        return np.asarray(sum(w * self.table[i, j, where] for i, j, w in self._rows(z, sigma)), np.float64)

    def kernel(self, z: float, reach: int = 20) -> NDArray[np.float32]:
        """Return the image of a point at a depth ``(2 reach + 1, 2 reach + 1)``, its sum 1."""
        yy, xx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        radius = np.hypot(yy, xx)
        out = self.at(np.full(radius.shape, z), np.zeros(radius.shape), radius)
        return (out / out.sum()).astype(np.float32)

    def render(
        self, movie: NDArray[np.float32], clouds: NDArray[np.float64], faintest: float, progress: Progress | None
    ) -> None:
        """Add the light of clouds to a movie.

        Parameters
        ----------
        movie
            Movie ``(t, y, x)``, changed in place.
        clouds
            Rows (frame, y, x, depth um, standard deviation px, light).
        faintest
            Clouds whose middle is fainter than this are left out.
        progress
            Told how far it is, and asked whether to stop.
        """
        peak = clouds[:, 5] * self.at(clouds[:, 3], clouds[:, 4], np.zeros(len(clouds)))
        clouds = clouds[peak > faintest]
        nearest = [i for i, _, _ in self._rows(clouds[:, 3], clouds[:, 4])], clouds[:, 4]
        wide = np.ceil(np.interp(nearest[1], _EXTRA_PX, np.arange(len(_EXTRA_PX)))).astype(int)
        # Faint clouds need no rings.
        reach = np.maximum.reduce([self._reach[i, wide] for i in nearest[0]]) if len(clouds) else np.zeros(0)
        pad = _REACHES[-1]
        _, height, width = movie.shape
        outside = (np.abs(clouds[:, 1] - height / 2) > height / 2 + reach) | (
            np.abs(clouds[:, 2] - width / 2) > width / 2 + reach
        )
        group = np.searchsorted(_REACHES, reach).clip(max=len(_REACHES) - 1)
        group[outside] = -1
        batches = [
            (k, part)
            for k in range(len(_REACHES))
            for n in [np.flatnonzero(group == k)]
            if len(n)
            for part in np.array_split(n, -(-len(n) // max(_BATCH * 81 // (2 * _REACHES[k] + 1) ** 2, 20)))
        ]
        for k, part in each(batches, progress, "drawing light"):
            self._add(movie, clouds[part], _REACHES[k], pad)

    def _add(self, movie: NDArray[np.float32], clouds: NDArray, reach: int, pad: int) -> None:
        rows = int(reach * 1.45 / _RADIUS_STEP_PX) + 12
        images = np.zeros((len(clouds), rows), np.float32)
        for i, j, w in self._rows(clouds[:, 3], clouds[:, 4]):
            images += w[:, None] * self.table[i, j, :rows]
        images *= clouds[:, 5:6].astype(np.float32)
        middle = np.rint(clouds[:, 1:3]).astype(int)
        off = (clouds[:, 1:3] - middle).astype(np.float32)
        side = np.arange(-reach, reach + 1, dtype=np.float32)
        dy, dx = (side - off[:, :1]) ** 2, (side - off[:, 1:]) ** 2
        at = np.sqrt(dy[:, :, None] + dx[:, None, :]) * np.float32(1 / _RADIUS_STEP_PX) + np.float32(0.5)
        at = at.astype(np.int32)
        at += (rows * np.arange(len(clouds), dtype=np.int32))[:, None, None]
        patches = images.ravel()[at]
        _, height, width = movie.shape
        for (y, x), t, patch in zip(middle.tolist(), clouds[:, 0].astype(int).tolist(), patches, strict=True):
            top, left = y - reach, x - reach
            if top >= 0 and left >= 0 and y + reach < height and x + reach < width:
                movie[t, top : y + reach + 1, left : x + reach + 1] += patch
            else:
                a, b = max(-top, 0), max(-left, 0)
                c, d = min(height - top, len(patch)), min(width - left, len(patch))
                if a < c and b < d:
                    movie[t, top + a : top + c, left + b : left + d] += patch[a:c, b:d]
