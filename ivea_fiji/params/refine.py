"""Parameters of refining a network on a user's labels, or training one on these alone."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import declared_in, field
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.random import RandomParams


class RefineParams(MovieParams):
    """Learning from labelled events: how, from what, and how long. Same labels and parameters, same network."""

    new_name: str = field("my-model", "Name", "Name of the new model, also of its folder; none that is taken.")
    start: Literal["refine", "new"] = field(
        "refine", "Start from",
        "'refine' adapts the model below, which some thirty labelled events are enough for; 'new' trains a network of "
        "the same build from nothing but your labels, which takes thousands of them.",
    )
    model: str = field(
        "evit28", "Model", "Model that is refined, or whose build a new one takes; name or folder.",
        style="model:random",
    )  # fmt: skip
    all_labelled: bool = field(
        False, "All events are labelled",
        "Say yes only if every event of the movies is labelled: then every other place where they change is taken as "
        "an example of what is no event, and the result is judged on whole movies.",
    )
    without_events: str = field(
        "", "Movies without events", "Folder of movies of the same kind in which nothing happens: whatever changes in "
        "them is learned as no event. They take one click and cure false events.", style="directory",
    )
    class_names: str = field(
        "", "Names of new classes", "Names of classes the model does not have, such as '10=spark, -10=wave'; a class "
        "without one is called by its number. Numbers from 0 are events, negative ones are not.",
    )
    trainable: Literal["second_look", "head", "transformer", "all"] = field(
        "head", "What learns", "'second_look' leaves the network as it is and teaches what judges its answers, in "
        "seconds and without TensorFlow: enough where too much is reported, and taken by itself where there are too "
        "few labelled events for more; the others teach that as well. 'head' lets the last two dense layers learn, in "
        "seconds and with little to forget; 'transformer' also what compares frames; 'all' every weight, which takes "
        "minutes and wants more labels.",
        source="paper: the last two dense layers",
    )
    held_out: float = field(
        0.25, "Held out", "Share of the labels that is not learned from but used to stop in time, to choose the "
        "threshold, and to measure; whole movies, or the end of the movie if there is only one.", ge=0.05, le=0.6,
        advanced=True,
    )
    class_map: str = field(
        "", "Class map", "JSON file that tells which labels are which class; empty takes every label as its own.",
        advanced=True, style="file",
    )
    replay_movies: int = field(
        24, "Replay movies", "Simulated training movies that are learned again beside your labels, so that nothing is "
        "forgotten; 0 learns from your labels alone.", ge=0, le=2000, advanced=True,
    )
    own_share: float = field(
        0.5, "Own share", "Share of your labels among what is learned from; the rest are replay movies.", ge=0.05,
        le=0.95, advanced=True,
    )
    stock_movies: int = field(
        16, "Validation movies", "Simulated validation movies by which the threshold is chosen and what was forgotten "
        "is measured; 0 judges by your labels alone.", ge=0, le=1000, advanced=True,
    )
    epochs: int = field(
        0, "Epochs", "Most passes over the samples; 0 takes 12, or 40 where more than the head of a network learns.",
        ge=0, le=1000, advanced=True,
    )
    patience: int = field(
        8, "Patience", "Passes without a better event F1 on what is held out after which learning ends; the best "
        "pass is kept. Where only the head learns, all passes are made.", ge=1, le=1000, advanced=True,
    )
    learning_rate: float = field(
        0.0, "Learning rate", "Highest learning rate; 0 takes 1e-3, or 3e-4 where more than the head learns.",
        ge=0, le=1, advanced=True,
    )
    batch: int = field(64, "Batch", "Sequences per step.", ge=2, le=4096, advanced=True)
    seed: int = field(1, "Seed", "Seed of weights, order and augmentation.", ge=0, le=2**31, advanced=True)
    vision_radius: int = declared_in(RandomParams, "vision_radius")
    threshold_factor: float = declared_in(RandomParams, "threshold_factor")
    workers: int = field(
        0, "Processes", "Processes that simulate movies; 0 for one per core.", ge=0, le=256, advanced=True
    )

    @property
    def passes(self) -> int:
        """The number of passes meant."""
        return self.epochs or (12 if self._head_alone else 40)

    @property
    def stop_after(self) -> int:
        """Passes without a better one after which learning ends; 0 for a head, for which all are made."""
        return 0 if self._head_alone else self.patience

    @property
    def _head_alone(self) -> bool:
        return self.start == "refine" and self.trainable == "head"

    @property
    def rate(self) -> float:
        """The learning rate meant."""
        return self.learning_rate or (1e-3 if self.start == "new" or self.trainable == "head" else 3e-4)
