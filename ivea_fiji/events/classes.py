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

SYNAPTIC_FUSION = EventClass(0, "fusion", "fusion at a synapse")
SHORT_FUSION = EventClass(3, "short_fusion", "short fusion (over within a few frames)")
STIMULATION = EventClass(4, "stimulation", "electrical or agonist stimulation")
AMMONIUM = EventClass(5, "ammonium", "NH4+ treatment")
RISE = EventClass(-9, "intensity_rise", "intensity rise (slower than the window)")
SYNAPSE_EVENTS = (SYNAPTIC_FUSION, SHORT_FUSION, STIMULATION, AMMONIUM)
SYNAPSE_ARTEFACTS = (NOISE, FLUCTUATION, MOTION, FOCUS, RISE)
"""The nine classes of stationary bursts (paper, Results); what both modules know has one number in both."""

ALL_CLASSES = (FUSION, NO_CLOUD, LATENT, SHORT_FUSION, STIMULATION, AMMONIUM, *ARTEFACTS, RISE)
BY_ID = {c.id: c for c in ALL_CLASSES}
BY_NAME = {c.name: c for c in ALL_CLASSES}
