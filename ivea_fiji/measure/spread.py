"""Size of a spot and how it widens: Gaussian fits of many small images at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FWHM = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian over its standard deviation."""

MIN_SIGMA = 0.5
"""Smallest standard deviation (px) that a pixel grid can tell."""
_WIDEST = 0.6  # largest standard deviation, as a part of the image's half side
_MIN_PIXELS = 25
_R2_REACH = 2.5  # sigma
_MAX_STEPS = 25
_DONE = 1e-3  # a step this small (in standard deviations of the spot, relative for its size) ends the fit
_LARGEST_STEP = 0.7  # of the logarithm of sigma
_MIN_POINTS = 4
_MIN_LINE_R2 = 0.6
_MIN_SLOPE_Z = 3.0  # a slope this many standard errors above 0 is no chance
_SIGMA2_FLOOR = 0.01  # no squared sigma is trusted better than this part of itself

# The model and its derivatives are sums of products f(y) g(x), with f and g out of 1, e, u e and u^2 e (e a Gaussian of
# the distance u to the centre). These are the products that occur, as (f, g), and how the derivatives by amplitude,
# y, x, log sigma and background are made of them.
_ROW = np.array([1, 2, 1, 3, 1, 0])
_COLUMN = np.array([1, 1, 2, 1, 3, 0])
_DERIVATIVE = np.array(
    [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 1]], float
)
_A, _Y, _X, _S, _B = range(5)


@dataclass(frozen=True)
class Spots:
    """Gaussian spots, arrays ``(m,)``; all NaN where there is no fit."""

    amplitude: NDArray[np.float64]
    """Height above the background, counts."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    """Centre from the centre of the image's central pixel, px."""
    sigma: NDArray[np.float64]
    """Standard deviation, px."""
    sigma_error: NDArray[np.float64]
    """Standard error of sigma, px."""
    noise: NDArray[np.float64]
    """Standard deviation of a pixel about the fit, counts."""
    background: NDArray[np.float64]
    """Level around the spot, counts."""


def fit_spots(images: NDArray, start: Spots | None = None) -> Spots:
    """Fit ``A exp(-((y-y0)^2 + (x-x0)^2) / (2 sigma^2)) + b`` to each image by least squares (ours).

    Levenberg and Marquardt's method. A Gaussian is a product of one of y and one of x, so all sums over pixels are
    products of sums along a row and a column, which makes a step of many images cheap.

    Parameters
    ----------
    images
        Square images of odd side ``(m, s, s)``, counts. Rows and columns of NaN (outside of the image) are left out;
        an image with other NaN, or fewer than 25 pixels, gets no fit.
    start
        Where to begin; the shape of the image itself if None.

    Returns
    -------
    Spots
        NaN where the fit ran to no end, the amplitude is not positive, sigma lies at its bounds (0.5 px and 0.6 of
        the image's half side), or the centre outside of the image.
    """
    table = _Images.of(np.asarray(images, np.float64))
    values = _first_guess(table) if start is None else _from_spots(start, table)
    values, converged = _descend(table, values)
    return _report(table, values, converged)


def spot_r2(images: NDArray, spots: Spots) -> NDArray[np.float64]:
    """Return the coefficient of determination of each fit ``(m,)`` within 2.5 sigma of its centre (ours).

    Over a whole image it would tell how much empty surroundings there are: the same spot, 5 SD of a pixel high, has
    0.4 in 19x19 px and 0.6 within 2.5 sigma.
    """
    images = np.asarray(images, np.float64)
    place = np.arange(images.shape[-1]) - images.shape[-1] // 2
    y, x = place[:, None] - spots.y[:, None, None], place - spots.x[:, None, None]
    scaled = (y**2 + x**2) / spots.sigma[:, None, None] ** 2
    near = (scaled <= _R2_REACH**2) & np.isfinite(images)
    model = spots.background[:, None, None] + spots.amplitude[:, None, None] * np.exp(-scaled / 2)
    count = np.maximum(near.sum(axis=(1, 2)), 1)
    mean = images.sum(axis=(1, 2), where=near) / count
    squares = ((images - model) ** 2).sum(axis=(1, 2), where=near)
    total = ((images - mean[:, None, None]) ** 2).sum(axis=(1, 2), where=near)
    return 1 - np.divide(squares, total, out=np.full(len(total), np.nan), where=total > 0)


def widening(sigma: NDArray, sigma_error: NDArray, at: NDArray | None = None) -> tuple[float, float]:
    """Return the apparent diffusion coefficient (px^2 per frame) and the coefficient of determination (ours).

    A line ``sigma^2 = sigma0^2 + 2 D t`` is fitted to successive frames, weighted by the errors. It is given with at
    least 4 frames, an R2 of at least 0.6, and a slope above 3 of its standard errors; else both are NaN.

    Parameters
    ----------
    sigma, sigma_error
        Standard deviation of the spot and its standard error in successive frames, px.
    at
        When these frames were taken, in usual intervals; None if they are even.
    """
    if len(sigma) < _MIN_POINTS or not np.isfinite(sigma).all():
        return np.nan, np.nan
    squared = sigma**2
    weight = 1 / ((2 * sigma * sigma_error) ** 2 + (_SIGMA2_FLOOR * squared) ** 2)
    weight_sum = weight.sum()
    taken = np.arange(len(sigma)) if at is None else at
    time = taken - (weight * taken).sum() / weight_sum
    change = squared - (weight * squared).sum() / weight_sum
    spread = (weight * time**2).sum()
    slope = (weight * time * change).sum() / spread
    total = (weight * change**2).sum()
    if slope <= 0 or slope < _MIN_SLOPE_Z / np.sqrt(spread):
        return np.nan, np.nan
    r2 = slope**2 * spread / total
    return (float(slope / 2), float(r2)) if r2 >= _MIN_LINE_R2 else (np.nan, np.nan)


@dataclass(frozen=True)
class _Images:
    """Images ready to be fitted: NaN is 0, the mean is gone, and the known rows and columns stand aside."""

    pixels: NDArray[np.float64]
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    """1 for the known rows and columns ``(m, s)``, 0 for others."""
    count: NDArray[np.float64]
    total: NDArray[np.float64]
    """Sum of squares about the mean ``(m,)``."""
    usable: NDArray[np.bool_]
    mean: NDArray[np.float64]

    @classmethod
    def of(cls, images: NDArray[np.float64]) -> _Images:
        known = np.isfinite(images)
        rows, columns = known.any(axis=2), known.any(axis=1)
        count = known.sum(axis=(1, 2))
        usable = (count >= _MIN_PIXELS) & (count == rows.sum(axis=1) * columns.sum(axis=1))
        pixels = np.where(known, images, 0.0)
        mean = pixels.sum(axis=(1, 2)) / np.maximum(count, 1)
        pixels = np.where(known, pixels - mean[:, None, None], 0.0)
        total = (pixels**2).sum(axis=(1, 2))
        usable &= total > 1e-12 * count * mean**2  # a constant image has no spot, only rounding
        return cls(pixels, rows.astype(float), columns.astype(float), count.astype(float), total, usable, mean)

    def __getitem__(self, index: NDArray) -> _Images:
        return _Images(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @property
    def half(self) -> int:
        return self.pixels.shape[-1] // 2


def _first_guess(table: _Images) -> NDArray[np.float64]:
    """Return amplitude, y, x, log sigma and background ``(m, 5)`` from the middle, the border and the sum."""
    half = table.half
    place = np.arange(2 * half + 1) - half
    known = table.rows[:, :, None] * table.columns[:, None, :]
    border = known * (np.maximum(np.abs(place[:, None]), np.abs(place)) > 0.7 * half)
    background = (border * table.pixels).sum(axis=(1, 2)) / np.maximum(border.sum(axis=(1, 2)), 1)
    middle = np.s_[:, max(half - 1, 0) : half + 2, max(half - 1, 0) : half + 2]
    amplitude = table.pixels[middle].sum(axis=(1, 2)) / np.maximum(known[middle].sum(axis=(1, 2)), 1) - background
    volume = -background * table.count  # the mean is 0, so this is the sum above the background
    safe = np.where(amplitude > 0, amplitude, np.inf)
    sigma = np.sqrt(np.clip(volume / (2 * np.pi * safe), 1.0, max(0.2 * half**2, 1.0)))
    zero = np.zeros(len(amplitude))
    # A dark middle is no spot, but the fit has to begin with a spot that has a place and a size.
    amplitude = np.where(amplitude > 0, amplitude, np.sqrt(table.total / np.maximum(table.count, 1)))
    return np.stack([amplitude, zero, zero, np.log(sigma), background], axis=1)


def _from_spots(start: Spots, table: _Images) -> NDArray[np.float64]:
    values = _first_guess(table)
    known = np.isfinite(start.sigma)
    values[known, _Y], values[known, _X] = start.y[known], start.x[known]
    values[known, _S] = np.log(start.sigma[known])
    return values


def _sums(table: _Images, values: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return gradient ``(m, 5)``, normal matrix ``(m, 5, 5)`` and sum of squares ``(m,)`` at `values`."""
    place = np.arange(table.pixels.shape[-1]) - table.half
    variance = np.exp(2 * values[:, _S])[:, None]
    row = _basis(place - values[:, _Y, None], variance, table.rows)
    column = _basis(place - values[:, _X, None], variance, table.columns)
    data = (row @ table.pixels @ column.transpose(0, 2, 1))[:, _ROW, _COLUMN]
    gram = (row @ row.transpose(0, 2, 1))[:, _ROW[:, None], _ROW]
    gram = gram * (column @ column.transpose(0, 2, 1))[:, _COLUMN[:, None], _COLUMN]
    model = np.zeros_like(data)
    model[:, 0], model[:, 5] = values[:, _A], values[:, _B]
    product = (gram @ model[:, :, None])[:, :, 0]
    squares = table.total + (model * (product - 2 * data)).sum(axis=1)
    scale = np.ones_like(values)
    scale[:, _Y : _S + 1] = values[:, _A, None] / variance
    gradient = scale * ((data - product) @ _DERIVATIVE.T)
    normal = scale[:, :, None] * (_DERIVATIVE @ gram @ _DERIVATIVE.T) * scale[:, None, :]
    return gradient, normal, squares


def _basis(distance: NDArray, variance: NDArray, known: NDArray) -> NDArray:
    """Return 1, e, u e and u^2 e along a line ``(m, 4, s)``, 0 where nothing is known."""
    e = known * np.exp(-(distance**2) / (2 * variance))
    return np.stack([known, e, distance * e, distance**2 * e], axis=1)


def _descend(table: _Images, values: NDArray) -> tuple[NDArray, NDArray[np.bool_]]:
    """Return the best values and whether the fit came to rest."""
    converged = np.zeros(len(values), bool)
    damping = np.full(len(values), 1e-2)
    bounds = np.log(MIN_SIGMA), np.log(max(_WIDEST * table.half, 2 * MIN_SIGMA))
    active = np.flatnonzero(table.usable)
    part = table[active]
    gradient, normal, squares = _sums(part, values[active])
    for _ in range(_MAX_STEPS):
        if not len(active):
            break
        now = values[active]
        step = _step(gradient, normal, damping[active])
        step[:, _S] = np.clip(step[:, _S], -_LARGEST_STEP, _LARGEST_STEP)
        new = now + step
        new[:, _S] = np.clip(new[:, _S], *bounds)
        new[:, _Y : _X + 1] = np.clip(new[:, _Y : _X + 1], -table.half, table.half)
        new_gradient, new_normal, new_squares = _sums(part, new)
        better = new_squares <= squares * (1 + 1e-12) + 1e-12 * part.total
        values[active[better]] = new[better]
        damping[active] = np.where(better, damping[active] / 8, damping[active] * 8)
        gradient = np.where(better[:, None], new_gradient, gradient)
        normal = np.where(better[:, None, None], new_normal, normal)
        squares = np.where(better, new_squares, squares)
        moved = np.abs(new - now)
        size = np.maximum(moved[:, _S], np.hypot(moved[:, _Y], moved[:, _X]) / np.exp(now[:, _S]))
        rest = size < _DONE
        converged[active[rest]] = True
        active, part = active[~rest], part[~rest]
        gradient, normal, squares = gradient[~rest], normal[~rest], squares[~rest]
    return values, converged


def _step(gradient: NDArray, normal: NDArray, damping: NDArray) -> NDArray:
    diagonal = np.diagonal(normal, axis1=1, axis2=2)
    added = damping[:, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
    return np.linalg.solve(normal + added[:, :, None] * np.eye(5), gradient[:, :, None])[:, :, 0]


def _report(table: _Images, values: NDArray, converged: NDArray[np.bool_]) -> Spots:
    _, normal, squares = _sums(table, values)
    squares = np.maximum(squares, 0)
    sigma = np.exp(values[:, _S])
    noise = np.sqrt(squares / np.maximum(table.count - 5, 1))
    widest = max(_WIDEST * table.half, 2 * MIN_SIGMA)
    good = converged & (values[:, _A] > 0) & (sigma > 1.01 * MIN_SIGMA) & (sigma < 0.99 * widest)
    good &= np.hypot(values[:, _Y], values[:, _X]) < table.half
    # Scaled to a diagonal of 1 the normal matrix is inverted without trouble of units.
    scale = np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-300))
    scaled = np.where(good[:, None, None], normal / (scale[:, :, None] * scale[:, None, :]), np.eye(5))
    inverse = np.linalg.pinv(scaled, hermitian=True)
    error = noise * np.sqrt(np.maximum(inverse[:, _S, _S], 0)) / scale[:, _S]
    columns = (values[:, _A], values[:, _Y], values[:, _X], sigma, sigma * error, noise, values[:, _B] + table.mean)
    return Spots(*(np.where(good, column, np.nan) for column in columns))
