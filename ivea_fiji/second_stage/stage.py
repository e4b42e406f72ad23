"""The second stage of a model: judges candidates by the course of their light and by what the network said."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.second_stage.familiarity import Familiarity
from ivea_fiji.second_stage.measures import NAMES
from ivea_fiji.second_stage.trees import Trees, chance_of

_MOST_BYTES = 200_000_000
NETWORK = "network"
"""Name under which everything the network says counts in explanations."""


def network_values(probabilities: NDArray[np.float32], event_columns: list[int]) -> NDArray[np.float32]:
    """Return what the judge is told of the network ``(n, classes + 1)``: log probabilities, log odds of an event."""
    p = probabilities.astype(float)
    chance = p[:, event_columns].sum(axis=1).clip(1e-6, 1 - 1e-6)
    odds = np.log(chance) - np.log(1 - chance)
    return np.column_stack([np.log(p.clip(1e-6, 1)), odds]).astype(np.float32)


@dataclass(frozen=True)
class SecondStage:
    """Trees that look a second time.

    Attributes
    ----------
    screen
        Trees on the measures alone, which tell what is hopeless before the network is asked.
    hopeless
        Log odds of `screen` below which it is.
    judge
        Trees on measures and network.
    scale, offset
        Calibration: the log odds of being an event are ``scale * judge + offset``.
    familiarity
        How much a candidate is like those learned from.
    """

    screen: Trees
    hopeless: float
    judge: Trees
    scale: float
    offset: float
    familiarity: Familiarity

    def promising(self, measures: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which candidates ``(n, measures)`` are worth the network."""
        return self.screen.log_odds(measures) >= self.hopeless

    def chance(self, measures: NDArray[np.float32], network: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability ``(n,)`` of being an event, from measures and `network_values`."""
        return chance_of(self.scale * self.judge.log_odds(np.column_stack([measures, network])) + self.offset)

    def against(self, measures: NDArray[np.float32], network: NDArray[np.float32]) -> list[str]:
        """Return for every candidate what spoke most against an event: the name of a measure, or `NETWORK`."""
        shares = self.judge.shares(np.column_stack([measures, network]))
        whole = np.column_stack([shares[:, : len(NAMES)], shares[:, len(NAMES) :].sum(axis=1)])
        names = (*NAMES, NETWORK)
        return [names[k] if row[k] < 0 else "" for row, k in zip(whole, whole.argmin(axis=1), strict=True)]

    def save(self, path: Path) -> None:
        """Write everything into one ``.npz``."""
        numbers = {"hopeless": self.hopeless, "scale": self.scale, "offset": self.offset}
        arrays: dict[str, Any] = {"names": np.array(NAMES), **numbers}
        for name, part in (("screen_", self.screen), ("judge_", self.judge), ("familiarity_", self.familiarity)):
            arrays.update(part.arrays(name))
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path, classes: int) -> Self:
        """Read what `save` wrote, for a network of so many classes; nothing in the file is run.

        Raises
        ------
        ValueError
            If it is damaged, far too large, or made for other measures or another network.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                    raise ValueError("too large")
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError("no archive of arrays") from error
        try:
            if tuple(arrays["names"].tolist()) != NAMES:
                raise ValueError("other measures")
            numbers = [float(arrays[name]) for name in ("hopeless", "scale", "offset")]
            if not np.isfinite(numbers).all():
                raise ValueError("impossible numbers")
            return cls(
                Trees.from_arrays(arrays, "screen_", len(NAMES)), numbers[0],
                Trees.from_arrays(arrays, "judge_", len(NAMES) + classes + 1), numbers[1], numbers[2],
                Familiarity.from_arrays(arrays, "familiarity_", len(NAMES)),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("arrays are missing") from error
