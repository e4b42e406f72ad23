"""What the networks can say, with the paper's label numbers: fusion >= 0, artefacts < 0."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventClass:
    """One class of a network."""

    id: int
    name: str
    """Machine name, lower snake case; stands in tables."""
    title: str
    """What a person reads."""

    @property
    def is_event(self) -> bool:
        """True for kinds of fusion, False for artefacts."""
        return self.id >= 0


FUSION = EventClass(0, "fusion", "fusion with a spreading cloud")
NO_CLOUD = EventClass(1, "fusion_without_cloud", "fusion without cloud (sudden disappearance)")
LATENT = EventClass(2, "latent_fusion", "latent fusion (abrupt onset, slow decay)")
NOISE = EventClass(-1, "noise", "random noise")
FLUCTUATION = EventClass(-2, "fluctuation", "vesicle intensity fluctuation")
MOTION = EventClass(-3, "motion", "moving vesicle")
NOISE_FLUCTUATION = EventClass(-4, "noise_fluctuation", "random noise with intensity fluctuation")
FOCUS = EventClass(-5, "focus", "out of focus or flicker")
DOCKING = EventClass(-6, "docking", "intensity rise (docking)")
UNDOCKING = EventClass(-7, "undocking", "intensity decrease (undocking)")
DRIFT = EventClass(-8, "drift", "light movement or fast drift")

ARTEFACTS = (NOISE, FLUCTUATION, MOTION, NOISE_FLUCTUATION, FOCUS, DOCKING, UNDOCKING, DRIFT)
ALL_CLASSES = (FUSION, NO_CLOUD, LATENT, *ARTEFACTS)
BY_ID = {c.id: c for c in ALL_CLASSES}
BY_NAME = {c.name: c for c in ALL_CLASSES}
