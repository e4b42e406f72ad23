"""Detect <events>: a module on one movie, for the command line and for Fiji."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ivea_fiji.commands.base import Command, ImageInput, Picture, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.commands.module import Module, P, R
from ivea_fiji.errors import OutputError, ParameterError
from ivea_fiji.movie.image import Planes
from ivea_fiji.params.base import Params, combined, field
from ivea_fiji.progress import Progress
from ivea_fiji.results.record import Found

S = TypeVar("S", bound=Params)


class OfImage(Params):
    """What ImageJ gives an analysis beside its parameters."""

    channel: int = field(1, "Channel", "Channel to analyse, counted from 1; 0 takes the one that is shown.", ge=0)
    use_selection: bool = field(
        False, "Use selection as cell", "Take the selection drawn on the movie as the outline of the cell."
    )


class InImageJ(OfImage):
    """The same, and what becomes of the results there."""

    output_folder: str = field(
        "", "Output folder", "Folder of the result files; empty keeps them in a temporary folder.", style="directory"
    )
    show_overlay: bool = field(
        False, "Show overlay", "Draw the events on the movie, beside what its overlay already holds."
    )


def part(params: Params, model: type[S]) -> S:
    """Return those of `params` that are declared in `model`."""
    return model.make(**params.model_dump(include=set(model.model_fields)))


def detect_command(module: Module[P, R]) -> Command:
    """Return the command of the menu that runs `module` on the movie that is open."""

    def plan(params: Any, image: ImageInput) -> Planes | None:
        from ivea_fiji.movie.image import movie_planes
        from ivea_fiji.movie.open import is_on_disk

        chosen = params_for(module, params, image)
        planes = movie_planes(image, chosen)
        return None if is_on_disk(image, chosen) else planes

    def run(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
        if image is None:
            raise ParameterError("There is no image; open a movie first.")
        with result_folder(params.output_folder) as folder:
            result, files = analyse(
                module, image, folder, params_for(module, params, image), progress, part(params, module.output)
            )
        return reply_of(module, result, files, folder, temporary=not params.output_folder)

    asked = combined(
        f"Detect{module.params.__name__}", f"{module.title}, and what becomes of its results in ImageJ.",
        InImageJ, module.output, module.params,
    )  # fmt: skip
    return Command(
        f"detect_{module.name}", f"Detect {module.title}...", module.help, asked, image="movie", run=run, plan=plan,
        advanced_twin=True,
    )  # fmt: skip


def params_for(module: Module[P, R], params: Any, image: ImageInput) -> P:
    """Return the parameters of the analysis of `image`; `params` are those of the menu.

    Raises
    ------
    ParameterError
        If the selection is to be the cell and there is none, or a cell mask too.
    """
    values = params.model_dump(include=set(module.params.model_fields))
    values["channel"] = params.channel or image.channel
    if params.use_selection:
        if params.cell_mask:
            raise ParameterError("A cell mask was named and 'Use selection as cell' is on; choose one of them.")
        if not image.selection:
            raise ParameterError(
                f"'{image.title}' has no selection; draw the cell on it, or turn 'Use selection as cell' off."
            )
        values["cell_mask"] = image.selection
    return module.params.make(**values)


def analyse(
    module: Module[P, R], movie: Path | ImageInput, folder: Path, params: P, progress: Progress, output: Params
) -> tuple[R, dict[str, Path]]:
    """Analyse one movie and write its results into `folder`.

    Parameters
    ----------
    module
        How events are found.
    movie
        A file or an image of ImageJ.
    folder
        Folder of this movie's results.
    params
        All parameters of the analysis. A cell mask that is the selection of `movie` is kept in `folder`, so that the
        run can be repeated.
    progress
        Told about every stage, and asked whether to stop.
    output
        Which files are written: an instance of `module.output`.

    Returns
    -------
    tuple
        What was found, and the written files by kind.

    Raises
    ------
    IveaError
        One sentence that says what to do.
    Cancelled
        The progress asked to stop; nothing was written.
    """
    start = time.perf_counter()
    result = module.detect(movie, params, progress)
    seconds = time.perf_counter() - start
    selection = isinstance(movie, ImageInput) and params.cell_mask == movie.selection and params.cell_mask
    kept = _kept(module, result, folder)
    if selection:
        result = replace(result, params=params.model_copy(update={"cell_mask": str(kept)}))  # type: ignore[type-var]
    files = module.write(result, folder, seconds=seconds, **output.model_dump())
    if selection:
        _copy(Path(selection), kept)
    return result, files


def notes_of(result: Found) -> list[str]:
    """Return what the user should read, each sentence once."""
    return list(dict.fromkeys((*result.movie.notes, *result.notes)))


def reply_of(module: Module[P, R], result: R, files: dict[str, Path], folder: Path, *, temporary: bool) -> Reply:
    """Return what a host is told of the results of one movie."""
    name = result.movie.name
    return Reply(
        message=f"{name}: {module.says(result)} in {result.movie.shape[0]} frames.",
        notes=tuple(notes_of(result)),
        folder=str(folder),
        temporary=temporary,
        tables=tuple(Table(kind, f"{name} {module.window(kind)}", str(files[kind])) for kind in module.shown),
        rois=str(files["rois"]) if result.events else "",
        pictures=tuple(
            Picture(f"{name} {module.window(kind)}", str(files[kind])) for kind in module.pictures if kind in files
        ),
        jump=module.jump,
    )


def _kept(module: Module[P, R], result: Found, folder: Path) -> Path:
    """Return where the selection that was the cell mask lies beside the results."""
    from ivea_fiji.results.writer import file_stem

    return folder.absolute() / f"{file_stem(result.movie)}{module.beside('cell.roi')}"


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise OutputError(
            f"The selection cannot be written to '{target}' ({error.strerror}); choose another folder."
        ) from error
