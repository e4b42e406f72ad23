"""A simulated movie with everything that is true of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrueEvent:
    """One simulated fusion."""

    class_id: int
    """0 fusion with cloud, 1 without cloud, 2 latent fusion."""
    kind: str
    """How it was made, e.g. 'ph_sensitive', 'ph_insensitive', 'kiss_and_run', 'eq16', 'vanish', 'latent'."""
    frame: int
    """Frame of the intensity peak, from 0; for a fusion without cloud, the first frame without the vesicle."""
    y: float
    x: float
    """Centre in px, first pixel's centre = 0, drift included."""
    duration: float
    """How long the change lasts (decay time or tau), frames; slow events may be matched more widely in time."""
    amplitude: float
    """Peak above the surroundings, in the units of the noise-free movie."""
    sigma: float
    """Standard deviation of the spot at its peak, px."""
    peak_z: float = np.nan
    """Largest change of the noise-free movie (blurred by 1 px, 4 frames apart) within the event, over the noise of the
    same difference of the noisy movie: how visible the event is."""


@dataclass(frozen=True)
class SimulatedMovie:
    """Frames with their truth."""

    frames: NDArray
    """Movie ``(t, y, x)``, counts: uint16, or of the type of the recording it was drawn into."""
    events: tuple[TrueEvent, ...]
    artefacts: NDArray[np.float32]
    """Rows ``(class id < 0, frame, y, x)``: what goes on at a place and time that is not fusion."""
    pixel_size_um: float | None
    frame_interval_s: float | None
    """Scale, None where that of a recording is unknown."""
    recipe: dict = field(default_factory=dict)
    """Name, seed and every drawn value of the recipe."""
    mask: NDArray[np.bool_] | None = None
    """Where the cells are ``(y, x)``."""
    unclear: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """Rows ``(frame, y, x)`` of what nobody could tell from an event: neither trained with nor scored."""


@dataclass(frozen=True)
class TrueHotspot(TrueEvent):
    """One simulated hotspot area: `duration` counts the frames from `start` to `end`, `y` and `x` are its centre."""

    start: int = 0
    """First frame, from 0, in which the mean of the area is at least its mid intensity."""
    end: int = 0
    """Last such frame after the peak."""
    last: int = 0
    """Last frame in which anything of it is left."""
    df_f: float = np.nan
    """Highest dF/F."""
    largest_px: int = 0
    """Most pixels that are above half of the highest dF/F in one frame."""
    moved_px: float = 0.0
    """Way of its centre from `start` to `end`, px."""
    area_y: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), compare=False)
    area_x: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), compare=False)
    """Pixels in which its largest dF/F reaches half of the highest."""
