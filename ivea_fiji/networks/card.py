"""What is written down about a model, and the folder a model is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ivea_fiji.errors import ModelError, ParameterError

CARD = "card.json"
KERAS_WEIGHTS = "evit.weights.h5"
ONNX = "evit.onnx"
LSTM_WEIGHTS = "lstm.weights.h5"
LSTM_ONNX = "lstm.onnx"
SAMPLE = "sample.npz"
SECOND_STAGE = "second_stage.npz"
SECOND_STAGE_ROWS = "second_stage_rows.npz"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvitConfig(_Part):
    """Sizes of an eViT network."""

    frames: int = 28
    size: int = 32
    filters: tuple[int, ...] = (16, 32, 64)
    kernels: tuple[int, ...] = (5, 3, 3)
    features: int = 64
    heads: int = 4
    blocks: int = 1
    dropout: float = 0.2


class LstmConfig(_Part):
    """Sizes of an LSTM network."""

    samples: int = 41
    """Values over time of each curve."""
    regions: int = 13
    filters: int = 96
    kernel: int = 5
    units: int = 96
    dropout: float = 0.2

    @property
    def frames(self) -> int:
        """Frames of a sequence to which none are added."""
        return self.samples


class GraphConfig(_Part):
    """Sizes of a network of which only the ONNX graph is known, such as one of another program."""

    frames: int
    size: int
    converted_from: str
    """What it was before."""


class ClassEntry(_Part):
    """One output of the network."""

    id: int
    name: str
    title: str


class ModelCard(_Part):
    """Everything about a model but its weights."""

    schema_version: Literal[1] = 1
    name: str
    version: str
    title: str
    description: str
    module: Literal["random", "stationary"] = "random"
    """Which events it tells: those of single vesicles anywhere, or those of synapses."""
    architecture: Literal["evit", "lstm", "graph"] = "evit"
    """'graph' can be used, but not trained further."""
    config: EvitConfig | LstmConfig | GraphConfig
    before: int
    """Frames before the peak in a sequence."""
    after: int
    classes: tuple[ClassEntry, ...]
    """In the order of the outputs."""
    threshold: float
    """Probability of being a fusion from which an event is reported; chosen on validation movies."""
    second_threshold: float = 0.0
    """The same after a second look; chosen on families of movies that were left out. 0 if the model takes none."""
    nu: float
    """Temporal spread of the Gaussian suppression over the cloud's sigma (Eq 10); chosen on validation movies."""
    spread_radius: float
    """SR of Eq 10, px; chosen on validation movies."""
    repeat_frames: float
    """Reports of one site closer than this are one event; chosen on validation movies."""
    event_share: float
    """Share of events among candidates for which the probabilities are calibrated: that of the validation movies."""
    training: dict[str, Any]
    """Command, seeds, number of samples, schedule, versions."""
    metrics: dict[str, Any]
    """Measured on validation movies; docs/accuracy.md has the test movies."""
    files: dict[str, str]
    """File name -> sha256."""
    licence: str = "BSD-3-Clause"
    parent: str = ""
    """Model this one was refined from."""

    @model_validator(mode="after")
    def _check_config(self) -> Self:
        kinds = {"evit": EvitConfig, "lstm": LstmConfig, "graph": GraphConfig}
        if not isinstance(self.config, kinds[self.architecture]):
            raise ValueError(f"the sizes are not those of the architecture '{self.architecture}'")
        return self

    @property
    def weights_file(self) -> str:
        """Name of the file with the weights for Keras."""
        return LSTM_WEIGHTS if self.architecture == "lstm" else KERAS_WEIGHTS

    @property
    def onnx_file(self) -> str:
        """Name of the file with the graph for ONNX Runtime."""
        return LSTM_ONNX if self.architecture == "lstm" else ONNX

    @property
    def evit(self) -> EvitConfig:
        """Sizes of the network, which can be built here; `ModelError` if only its graph is known."""
        if isinstance(self.config, GraphConfig):
            raise ModelError(
                f"The model '{self.name}' comes from another program: it can be used with the runtime 'onnx', but not "
                "with Keras, and not be trained further."
            )
        if not isinstance(self.config, EvitConfig):
            raise ModelError(f"The model '{self.name}' is no eViT; take one, such as evit28.")
        return self.config

    @property
    def event_columns(self) -> list[int]:
        """Outputs that are kinds of fusion."""
        return [k for k, c in enumerate(self.classes) if c.id >= 0]

    def wanted(self, classes: str) -> set[int]:
        """Return the ids of the event classes that are asked for by name: some, or 'all'.

        Raises
        ------
        ParameterError
            A name that no event class of the model has.
        """
        events = {c.name: c.id for c in self.classes if c.id >= 0}
        names = [name.strip() for name in classes.split(",") if name.strip()]
        if names in ([], ["all"]):
            return set(events.values())
        unknown = [name for name in names if name not in events]
        if unknown:
            raise ParameterError(
                f"The model '{self.name}' has no event class '{unknown[0]}'; it has {', '.join(events)}."
            )
        return {events[name] for name in names}

    def limit(self, confidence: float, second_look: bool) -> float:
        """Return the threshold: `confidence`, or if that is 0 the model's own, after a second look or without."""
        return confidence or (second_look and self.second_threshold) or self.threshold

    def told(self, confidence: float, second_look: bool = False) -> dict[str, Any]:
        """Return what a result tells of its network, used with this threshold (`limit`)."""
        return {
            "name": self.name,
            "version": self.version,
            "sha256": self.files.get(self.onnx_file, ""),
            "classes": [c.name for c in self.classes],
            "threshold": self.limit(confidence, second_look),
        }


class ModelFolder:
    """A model on disk: card, weights for Keras, graph for ONNX Runtime, and a sample that proves them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.card = ModelCard.model_validate_json((path / CARD).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError(f"'{path}' is not a model folder: it has no {CARD}.") from None
        except (ValidationError, UnicodeDecodeError) as error:
            raise ModelError(f"The card of the model in '{path}' is damaged; copy the model folder again.") from error

    def checked(self, name: str) -> Path:
        """Return the path of a file of the model after comparing its sha256 with the card."""
        path = self.path / name
        if not path.is_file():
            raise ModelError(f"The model '{self.card.name}' lacks its file {name}; copy the model folder again.")
        if sha256(path) != self.card.files.get(name):
            raise ModelError(
                f"The file {name} of the model '{self.card.name}' is damaged (its checksum is not the one on its "
                "card); copy the model folder again."
            )
        return path


def sha256(path: Path) -> str:
    """Return the sha256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
