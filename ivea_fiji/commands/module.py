"""What a module is: one way of finding events, declared once.

A module is one `Module` in a file of this package, named in `ivea_fiji.commands.modules.MODULES`. From it come

- the menu entries *Detect <title>...* and *Batch <title>...*, each with its advanced twin, for dialogs, macros and
  scripts (`ivea_fiji.commands.detect`, `ivea_fiji.commands.batch`),
- ``ivea <cli>`` and ``ivea batch-<cli>``, and ``ivea rerun`` of its run records,
- batches that go on where they were interrupted, and their pooled tables,
- its parts of the reference pages.

What it takes, with the stationary-burst module as the example:

1. `StationaryParams(MovieParams)` in ``params/stationary.py``. A parameter named `threads` changes nothing of results.
2. A result (`ivea_fiji.results.record.Found`): a frozen dataclass with movie, params, events, model, notes and timings;
   the rest is its own.
3. ``detect_stationary(movie, params, *, progress, **changes)`` in a pipeline module, as `detect_random` is.
4. ``write_stationary(result, folder, *, overview=True, ..., seconds=None)`` in ``results/``: it makes the
   record with `ivea_fiji.results.record.describe_result` and writes everything with
   `ivea_fiji.results.writer.write_run`, so that all files change or none.
5. The declaration, whose functions import what they need when they are called: the command line must start without
   the network's libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from ivea_fiji.commands.base import ImageInput, Jump
from ivea_fiji.params.base import Params
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.output import OutputParams
from ivea_fiji.progress import Progress
from ivea_fiji.results.columns import Column
from ivea_fiji.results.pool import Pool
from ivea_fiji.results.record import Found
from ivea_fiji.results.writer import Written

P = TypeVar("P", bound=MovieParams)
R = TypeVar("R", bound=Found)

Source = Path | ImageInput | NDArray[Any]
"""A file, an image of ImageJ, or frames ``(t, y, x)``."""


@dataclass(frozen=True)
class Count:
    """How many there are of one kind of what was found: its name in JSON, its name for people, and how many."""

    name: str
    title: str
    number: int


def number_of_events(result: Found) -> str:
    """Return how many events were found, in words."""
    number = len(result.events)
    return "no event" if number == 0 else "1 event" if number == 1 else f"{number} events"


@dataclass(frozen=True, eq=False)
class Module(Generic[P, R]):
    """One way of finding events.

    Attributes
    ----------
    name
        Lower snake case, such as 'stationary_bursts': `module` of its run records, and part of its command's name.
    title
        As the menu shows it, such as 'Stationary Bursts'.
    help
        What it does, one sentence for dialogs and the command line.
    events
        What it finds, in words: 'bursts of stationary synapses'.
    cli
        Its command on the command line, ``ivea stationary``.
    python
        The public function that analyses one movie, 'detect_stationary'.
    params
        Parameters of the analysis.
    detect
        Analyses one movie. Raises `IveaError` with one sentence, or `Cancelled`.
    write
        ``write(result, folder, *, seconds=None, **files)`` writes what was found, all files or none, and returns them
        by kind; raises `OutputError`. `files` are the fields of `output`, `seconds` is the wall time of the analysis;
        all have defaults.
    check
        Raises the faults of the parameters that no movie can cure (an unknown model), before a long batch, and
        returns what a result will tell of its network as `Found.model`: 'name', 'version', 'sha256', 'threshold' and
        more, plain data; empty without a network. If one of the four changes, a finished movie is analysed again.
    files
        Endings of its files behind the movie's name, by kind: ``{"events": "_stationary_events.csv", "run":
        "_stationary_run.json", ...}``. They differ from those of all other modules, since results of several modules
        may share a folder. There must be 'events' and 'rois', and 'run', the record, which is written last and ends
        in ``_run.json``. Every kind that is no field of `output` is written by every run, even if there is nothing to
        tell: by that a batch knows that results are complete.
    columns
        Columns of its CSV tables, by kind, for the manual and so that tables of an older version are not pooled.
    pooled
        Kinds of `columns` whose tables a batch puts together, the movie's name before each row.
    shown
        Kinds of `columns` whose tables ImageJ gets, the first one at once.
    pictures
        Kinds of files that ImageJ can open as pictures, if they were written.
    jump
        How rows of a table lead to the movie.
    output
        The kinds of files that can be left out: each field is a yes or no of that name.
    counts
        Kinds of events and how many there are, for the command line; empty if there is but one kind.
    says
        What was found, in words: '3 events at 2 synapses'.
    batch
        Command and title of its batch in the menu; by default made from `name` and `title`.
    batch_cli
        Its batch on the command line; by default ``batch-<cli>``.
    batch_params
        Parameters of its batch; by default those of `output`, `params` and `FileParams` together.
    imports
        Python modules the engine's process imports before its first task, so that it does not pay for them.
    """

    name: str
    title: str
    help: str
    events: str
    cli: str
    python: str
    params: type[P]
    detect: Callable[[Source, P, Progress], R]
    write: Callable[..., Written]
    check: Callable[[P], Mapping[str, Any]]
    files: Mapping[str, str]
    columns: Mapping[str, tuple[Column, ...]]
    pooled: tuple[str, ...] = ("events", "summary")
    shown: tuple[str, ...] = ("events", "summary", "traces")
    pictures: tuple[str, ...] = ("overview",)
    jump: Jump = field(default_factory=lambda: Jump("events", "frame", "x_px", "y_px", "event"))
    output: type[Params] = OutputParams
    counts: Callable[[R], Sequence[Count]] = lambda result: ()
    says: Callable[[R], str] = number_of_events
    batch: tuple[str, str] = ("", "")
    batch_cli: str = ""
    batch_params: type[Params] | None = None
    imports: tuple[str, ...] = ()

    @property
    def pool(self) -> Pool:
        """Which tables a batch puts together, and what its files are called."""
        prefix = f"batch{self.files['run'].removesuffix('_run.json')}"
        return Pool({kind: self.columns[kind] for kind in self.pooled}, prefix)

    @property
    def always(self) -> list[str]:
        """Kinds of files that every run writes."""
        return [kind for kind in self.files if kind not in self.output.model_fields]

    @property
    def batch_entry(self) -> tuple[str, str]:
        """Name and title of the command for a folder of movies."""
        name, title = self.batch
        return name or f"batch_{self.name}", title or f"Batch {self.title}..."

    @property
    def batch_help(self) -> str:
        """What its batch does, one sentence."""
        return f"Find and measure {self.events} in all movies of a folder."

    @property
    def batch_command(self) -> str:
        """What its batch is called on the command line."""
        return self.batch_cli or f"batch-{self.cli}"

    def window(self, kind: str) -> str:
        """Return how the window of a file is called behind the movie's name: 'stationary events'."""
        return self.files[kind].rsplit(".", 1)[0].strip("_").replace("_", " ")

    def beside(self, ending: str) -> str:
        """Return the ending of another file of this module, such as ``_stationary_cell.roi`` for ``cell.roi``."""
        return self.files["run"].removesuffix("run.json") + ending
