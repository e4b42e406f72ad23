"""What a command of the menu is, what it is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ivea_fiji.movie.image import ImageInput, Planes
from ivea_fiji.params.base import Params
from ivea_fiji.progress import Progress

Run = Callable[[Any, ImageInput | None, Progress], "Reply"]
"""Does the work; takes an instance of the command's `params`."""
Plan = Callable[[Any, ImageInput], Planes | None]
"""Says which planes of the image the work needs, before any pixel travels; None if it reads the image's file instead.

Refuses parameters and images that do not fit with one sentence.
"""


@dataclass(frozen=True)
class Table:
    """A table the host shows.

    Attributes
    ----------
    kind
        What it is: 'events', 'truth', ...; `Jump.table` names one.
    title
        Title of its window.
    path
        CSV file.
    """

    kind: str
    title: str
    path: str


@dataclass(frozen=True)
class Picture:
    """A picture the host can open."""

    title: str
    path: str


@dataclass(frozen=True)
class Jump:
    """How a row of a table leads to a place in the movie.

    Attributes
    ----------
    table
        `Table.kind` of the table.
    frame, x, y
        Columns with the frame (from 1) and the centre in px (0 is the centre of the first pixel).
    roi
        Column whose value equals the property 'event' of the ROI that belongs to the row; empty if no ROI does.
    """

    table: str
    frame: str
    x: str
    y: str
    roi: str = ""


@dataclass(frozen=True)
class Reply:
    """What a command answers. Results are files that the ordinary writers made; the reply only names them.

    Attributes
    ----------
    message
        One sentence that says what happened.
    notes
        Sentences the user should read.
    folder
        Where the files are, empty if there are none.
    temporary
        True if the user named no folder.
    tables, pictures
        What can be shown.
    rois
        Zip of ROIs, empty if there is none.
    movie
        Movie to open, empty if there is none.
    jump
        How rows lead to the movie, None if they do not.
    status
        'done'; 'error' and 'cancelled' are set by who runs the command.
    details
        Traceback of an error nobody foresaw.
    """

    message: str
    notes: tuple[str, ...] = ()
    folder: str = ""
    temporary: bool = False
    tables: tuple[Table, ...] = ()
    rois: str = ""
    pictures: tuple[Picture, ...] = ()
    movie: str = ""
    jump: Jump | None = None
    status: Literal["done", "error", "cancelled"] = "done"
    details: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the reply as plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Command:
    """One entry of the menu, or something that a window of the host asks for.

    Attributes
    ----------
    name
        Lower snake case; the host sends it.
    title
        As the menu shows it, with dots at its end if it opens a dialog.
    help
        One sentence for the dialog and the manual.
    params
        Everything the dialog asks.
    image
        'movie' for a time lapse, 'any' for an open image, 'none' if the command needs no image.
    run
        The work; None if the host does it itself.
    plan
        Which planes are sent; without it all are.
    advanced_twin
        Whether a second entry shows the advanced parameters too; the first shows only the others.
    listed
        Whether it is an entry of the menu; one that is not serves a window of the host.
    """

    name: str
    title: str
    help: str
    params: type[Params]
    image: Literal["movie", "any", "none"] = "none"
    run: Run | None = None
    plan: Plan | None = None
    advanced_twin: bool = False
    listed: bool = True

    @property
    def host_only(self) -> bool:
        """Whether the host does the work itself."""
        return self.run is None
