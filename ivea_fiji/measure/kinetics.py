"""Kinetics of events: from traces and small images to `Kinetics`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Kinetics
from ivea_fiji.measure.course import Course, follow_trace
from ivea_fiji.measure.spread import FWHM, Spots, fit_spots, spot_r2, widening
from ivea_fiji.measure.traces import disc_mask, ring_radii

MIN_SPOT_R2 = 0.5
"""Smallest coefficient of determination of a Gaussian whose width is given."""
MIN_SPOT_SNR = 3.0
"""A cloud is followed as long as it is this many standard deviations of a pixel high."""
_TOGETHER = 128  # events whose spots are fitted at a time


def measure_events(
    raw: NDArray[np.float32],
    background: NDArray[np.float32],
    peak_index: NDArray[np.int_],
    class_id: NDArray[np.int_],
    block: NDArray[np.float32],
    *,
    frame: NDArray[np.int_],
    dy: NDArray | None = None,
    dx: NDArray | None = None,
    search_radius: int = 3,
    saturation: float = np.inf,
    time: NDArray[np.float64] | None = None,
) -> list[Kinetics]:
    """Measure events; what fails is NaN (ours, unless said otherwise).

    The trace is the disc minus the ring. The peak is the highest local maximum within 5 frames of the expected one.
    The baseline is the median of up to 10 frames before onset; with fewer than 3 there is none, and only the decay
    constant and the spatial width are measured. A change below 4 SD of the trace's noise has a size (`peak_df`,
    `snr`) but no kinetics.

    * rise, onset: 10 and 90 % crossings, searched backwards from the peak, as in the original IVEA.
    * decay: `fit_decay` from the peak until the trace is back (two frames below 1 SD) and half as long again, or rises
      again (two frames more than 5 SD and 30 % of the peak above the lowest level since), or the window ends.
    * half-life, temporal FWHM: half crossings on straight lines between frames, within the same limits.
    * area: sum from onset until the trace is back, rises again, or the window ends.
    * spatial FWHM: Gaussian fit to the peak frame minus the mean of the baseline frames, with an R2 of at least 0.5
      (`spot_r2`) and its centre within the search radius.
    * diffusion: `widening` of such fits over up to 10 frames after the peak, as long as the cloud is 3 SD of a pixel
      high and its centre within the search radius.

    For a fusion without cloud (class 1) the signal is the loss: `peak_df` is the negative change of the level, `onset`
    10 % of the loss, `half_life` the time from there to half of it, `decay_tau` the exponential of the fall (NaN for a
    sudden one), the spatial FWHM that of what was lost; `snr` is positive; rise, temporal FWHM, area and diffusion
    are NaN.

    Parameters
    ----------
    raw, background
        Traces ``(n, w)``, counts, as from `measure_windows`.
    peak_index
        Frame of the window at which the peak is expected ``(n,)``; for class 1 the first frame without the vesicle.
    class_id
        Classes ``(n,)``.
    block
        Pixels around the events ``(n, w, 2k+1, 2k+1)``, counts; NaN outside.
    frame
        Frame of the movie at `peak_index` ``(n,)``.
    dy, dx
        Where the events lie from the block's central pixel ``(n,)``, px; 0 if None.
    search_radius
        Radius of the disc, px.
    saturation
        Count at which the camera saturates. An event with such a pixel in its disc has a baseline at most.
    time
        When the frames of each window were taken ``(n, w)``, in usual intervals; None if frames are even. Durations,
        area and diffusion are then in usual intervals instead of frames.

    Returns
    -------
    list of Kinetics
        One for each event.
    """
    count = len(raw)
    places = np.stack([np.zeros(count) if d is None else np.asarray(d, float) for d in (dy, dx)], axis=1)
    side = block.shape[-1] if block.ndim == 4 else 1
    trim = max(0, side // 2 - ring_radii(search_radius)[1])
    inner = block[:, :, trim : side - trim, trim : side - trim]
    courses = []
    for i in range(count):
        index = int(peak_index[i])
        course = follow_trace(
            np.asarray(raw[i], float), np.asarray(background[i], float), index, int(class_id[i]),
            None if time is None else time[i],
        )  # fmt: skip
        disc = disc_mask(inner.shape[-1], np.rint(places[i]), search_radius)
        if course.bright and _saturated(inner[i], course, disc, saturation):
            course = Course(Kinetics(baseline=course.kinetics.baseline))
        onset = course.kinetics.onset_frame + int(frame[i]) - index
        courses.append(replace(course, kinetics=replace(course.kinetics, onset_frame=onset)))
    result: list[Kinetics] = []
    for start in range(0, count, _TOGETHER):
        part = slice(start, start + _TOGETHER)
        clock = None if time is None else time[part]
        result += _with_sizes(courses[part], inner[part], places[part], search_radius, clock)
    return result


def measure_event(
    raw: NDArray[np.float32],
    background: NDArray[np.float32],
    peak_index: int,
    class_id: int,
    block: NDArray[np.float32],
    *,
    frame: int = 0,
    dy: float = 0.0,
    dx: float = 0.0,
    search_radius: int = 3,
    saturation: float = np.inf,
) -> Kinetics:
    """Measure one event; see `measure_events`, which is much faster for many.

    Parameters
    ----------
    raw, background
        Its traces ``(w,)``, counts.
    peak_index, class_id, frame, dy, dx, search_radius, saturation
        As there.
    block
        Pixels around it ``(w, 2k+1, 2k+1)``, counts.
    """
    one = [np.array([value]) for value in (peak_index, class_id, frame, dy, dx)]
    return measure_events(
        raw[None], background[None], one[0], one[1], block[None], frame=one[2], dy=one[3], dx=one[4],
        search_radius=search_radius, saturation=saturation,
    )[0]


def _saturated(block: NDArray, course: Course, disc: NDArray[np.bool_], saturation: float) -> bool:
    if not np.isfinite(saturation):
        return False
    frames = (*course.bright, *range(course.bright[0], course.end))
    return bool((block[list(frames)][:, disc] >= saturation).any())


def _with_sizes(
    courses: list[Course], block: NDArray, places: NDArray, radius: int, time: NDArray | None
) -> list[Kinetics]:
    """Add spatial FWHM and diffusion to the kinetics of some events."""
    members = [i for i, course in enumerate(courses) if course.bright]
    result = [course.kinetics for course in courses]
    if not members:
        return result
    dark = [_mean_image(block[i], courses[i].dark) if courses[i].dark else 0.0 for i in members]
    images = np.stack([_mean_image(block[i], courses[i].bright) - d for i, d in zip(members, dark, strict=True)])
    spots = fit_spots(images)
    good = _near(spots, places[members], radius) & (spot_r2(images, spots) >= MIN_SPOT_R2)
    for j, i in enumerate(members):
        if good[j]:
            result[i] = replace(result[i], fwhm_xy=float(FWHM * spots.sigma[j]))
    followed = [(j, i) for j, i in enumerate(members) if good[j] and courses[i].dark and courses[i].end]
    for i, (diffusion, line_r2) in _follow_clouds(courses, block, dark, spots, followed, places, radius, time).items():
        result[i] = replace(result[i], diffusion=diffusion, diffusion_r2=line_r2)
    return result


def _follow_clouds(
    courses: list[Course],
    block: NDArray,
    dark: list,
    spots: Spots,
    followed: list[tuple[int, int]],
    places: NDArray,
    radius: int,
    time: NDArray | None,
) -> dict[int, tuple[float, float]]:
    """Return diffusion and its R2 of the events `followed`, pairs of the number of a spot and of its event."""
    later = [(j, i, t) for j, i in followed for t in range(courses[i].bright[0] + 1, courses[i].end)]
    if not later:
        return {}
    images = np.stack([block[i, t] - dark[j] for j, i, t in later])
    start = Spots(*(getattr(spots, name)[[j for j, _, _ in later]] for name in spots.__dataclass_fields__))
    fits = fit_spots(images, start)
    good = _near(fits, places[[i for _, i, _ in later]], radius)
    good &= fits.amplitude > MIN_SPOT_SNR * fits.noise
    owner = np.array([i for _, i, _ in later])
    found = {}
    for j, i in followed:
        rows = np.flatnonzero(owner == i)
        rows = rows[: int(np.append(~good[rows], True).argmax())]  # up to the first frame that fails
        sigma = np.append(spots.sigma[j], fits.sigma[rows])
        first = courses[i].bright[0]
        at = None if time is None else time[i, first : first + len(sigma)]
        found[i] = widening(sigma, np.append(spots.sigma_error[j], fits.sigma_error[rows]), at)
    return found


def _near(spots: Spots, places: NDArray, radius: int) -> NDArray[np.bool_]:
    return np.hypot(spots.y - places[:, 0], spots.x - places[:, 1]) <= radius


def _mean_image(block: NDArray, frames: tuple[int, ...]) -> NDArray[np.float64]:
    return block[list(frames)].mean(axis=0, dtype=np.float64)
