"""Parameters of training a network on simulated movies."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import Params, field


class TrainingParams(Params):
    """Training of an eViT network, from simulation to a model folder. Same parameters, same movies and samples."""

    name: str = field("my-evit", "Name", "Name of the new model; also its folder.")
    frames: Literal[28, 26] = field(
        28, "Frames", "Length of a sequence: 28 tells fusion with cloud, without cloud and latent fusion apart; 26 "
        "knows the first two.", unit="frames", source="paper",
    )
    training_movies: int = field(560, "Training movies", "Simulated movies to take samples from.", ge=4, le=100000)
    movie_seed: int = field(
        5000, "Movie seed", "Seed of the first training movie; the others follow.", ge=0, le=8000000
    )
    training_epochs: int = field(22, "Epochs", "Passes over the samples in the first training.", ge=1, le=1000)
    hard_rounds: int = field(
        1, "Hard rounds", "Rounds of training on what the network got wrong in new movies.", ge=0, le=20
    )
    hard_movies: int = field(200, "Hard movies", "New movies of each such round.", ge=2, le=100000)
    hard_epochs: int = field(3, "Hard epochs", "Passes over the samples in each such round.", ge=1, le=1000)
    training_rate: float = field(
        1.5e-3, "Learning rate", "Highest learning rate of the first training.", ge=1e-6, le=1
    )
    hard_rate: float = field(
        5e-4, "Learning rate of hard rounds", "Highest learning rate of later rounds.", ge=1e-6, le=1
    )
    batch: int = field(64, "Batch", "Sequences per step.", ge=2, le=4096, advanced=True)
    weight_seed: int = field(1, "Weight seed", "Seed of initial weights, order and augmentation.", ge=0, le=2**31)
    validation_movies: int = field(
        40, "Validation movies", "Movies by which probabilities are calibrated and the thresholds chosen.", ge=5,
        le=1000,
    )
    start: str = field(
        "", "Start from", "Keras weights to start from, for example those of the 28-frame model when a 26-frame one is "
        "trained; empty starts afresh.", advanced=True,
    )
    workers: int = field(
        0, "Processes", "Processes that simulate movies; 0 for one per core.", ge=0, le=256, advanced=True
    )


class LstmTrainingParams(Params):
    """Training of an LSTM network, from simulation to a model folder. Same parameters, same movies and samples."""

    name: str = field("my-lstm", "Name", "Name of the new model; also its folder.")
    module: Literal["stationary", "random"] = field(
        "stationary", "Module", "What it is for: 'stationary' bursts at synapses (41 frames, 9 classes), or 'random' "
        "bursts, as an alternative to the eViT (21 frames).", source="paper",
    )
    training_movies: int = field(300, "Training movies", "Simulated movies to take samples from.", ge=4, le=100000)
    movie_seed: int = field(
        60000, "Movie seed", "Seed of the first training movie; the others follow.", ge=0, le=8000000
    )
    few: int = field(
        60, "Artefacts", "Most artefacts of one class that are taken of a movie.", ge=1, le=100000, advanced=True
    )
    training_epochs: int = field(20, "Epochs", "Passes over the samples.", ge=1, le=1000)
    training_rate: float = field(
        1.5e-3, "Learning rate", "Highest learning rate.", ge=1e-6, le=1, source="ours; paper: 3e-4, constant"
    )
    batch: int = field(64, "Batch", "Sequences per step.", ge=2, le=4096, advanced=True)
    weight_seed: int = field(1, "Weight seed", "Seed of initial weights, order and augmentation.", ge=0, le=2**31)
    validation_movies: int = field(
        60, "Validation movies", "Movies by which probabilities are calibrated and the threshold chosen.", ge=5,
        le=1000,
    )
    workers: int = field(
        0, "Processes", "Processes that simulate movies; 0 for one per core.", ge=0, le=256, advanced=True
    )
