"""What makes events of candidates and their probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.suppression import suppress, time_spread


@dataclass(frozen=True)
class Rule:
    """A threshold, and what counts as a repeat.

    Attributes
    ----------
    threshold
        Probability of being a fusion from which a candidate is one.
    nu, time_spread
        Of `suppression.time_spread`; the second in frames, 0 for nu times the cloud's sigma.
    spread_radius, repeat_frames
        Of `suppression.suppress`.
    """

    threshold: float
    nu: float
    spread_radius: float
    repeat_frames: float
    time_spread: float = 0.0

    def apply(
        self, frame: NDArray, y: NDArray, x: NDArray, strength: NDArray, sigma: NDArray, chance: NDArray,
        frame_interval_s: float | None,
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which candidates are likely enough, and which of these repeat another one.

        Parameters
        ----------
        frame, y, x, strength, sigma
            Of the candidates ``(n,)``.
        chance
            Probability of each to be a fusion ``(n,)``.
        frame_interval_s
            None if unknown.

        Returns
        -------
        likely, repeat
            ``(n,)`` each; events are those that are likely and no repeat.
        """
        likely = chance >= self.threshold
        kept = np.flatnonzero(likely)
        tau = time_spread(sigma[kept], self.nu, self.time_spread, frame_interval_s)
        repeat = np.zeros(len(likely), bool)
        repeat[kept] = suppress(
            frame[kept], y[kept], x[kept], strength[kept] * chance[kept], sigma[kept], tau, self.spread_radius,
            self.repeat_frames,
        )  # fmt: skip
        return likely, repeat
