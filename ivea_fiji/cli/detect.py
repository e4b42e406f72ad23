"""``ivea random`` and the commands of the other modules: one movie or many."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.commands.detect import analyse, notes_of
from ivea_fiji.commands.module import Module
from ivea_fiji.errors import Cancelled, IveaError, ParameterError
from ivea_fiji.params.base import Params
from ivea_fiji.results.record import Found


def detect(module: Module[Any, Any]) -> Callable[..., int]:
    """Return the command that runs `module` on movies."""

    def run(
        movies: list[str],
        /,
        *,
        out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
        files: Params | None = None,
        params: Params | None = None,
        talk: Talk | None = None,
    ) -> int:
        chosen, output = declared(module.params, params), declared(module.output, files)
        return _detect(module, movies, out, output, chosen, talk or Talk())

    run.__annotations__["files"] = options(module.output, OUTPUT_GROUP) | None
    run.__annotations__["params"] = options(module.params) | None
    run.__doc__ = f"""{module.help}

    Each movie gets a folder with its tables, ImageJ ROIs, overview picture and run record.

    Parameters
    ----------
    movies
        Movie files. With several, a movie that fails does not stop the others.
    out
        Folder of the results; by default '<movie>_ivea' beside the movie. With several movies, the folder in which
        theirs are made.
    """
    return run


def _detect(module: Module[Any, Any], movies: list[str], out: str, output: Params, params: Any, talk: Talk) -> int:
    from ivea_fiji.results.writer import check_writable

    jobs = _jobs(movies, out)
    for _, folder in jobs:
        check_writable(folder)
    reports: list[dict[str, Any]] = []
    with talk.progress() as bar:
        for movie, folder in jobs:
            try:
                result, files = analyse(module, movie, folder, params, bar, output)
                bar.close()
                done = report(module, result, folder, files, talk)
            except Cancelled as stop:
                raise Cancelled(_stopped(len(reports), len(jobs))) from stop
            except IveaError as error:
                if len(jobs) == 1:
                    raise
                done = {"movie": str(movie), "error": str(error)}
                talk.complain(f"{movie.name}: {error}")
            reports.append(done)
    failed = sum("error" in done for done in reports)
    if len(jobs) > 1:
        talk.say(f"{len(jobs) - failed} of {len(jobs)} movies done.")
    talk.data({"movies": reports, "exit_code": int(failed > 0)})
    return int(failed > 0)


def report(
    module: Module[Any, Any], result: Found, folder: Path, files: dict[str, Path], talk: Talk
) -> dict[str, Any]:
    """Tell the user what was found and where it lies; return the same as plain data."""
    frames, height, width = result.movie.shape
    counts = module.counts(result)
    seconds = sum(result.timings.values())
    for note in notes_of(result):
        talk.note(note)
    talk.say(f"{result.movie.name}: {frames} frames of {width} x {height} px, {seconds:.1f} s")
    talk.say(f"  {module.says(result)}" + (":" if counts else " found"))
    for count in counts:
        talk.say(f"  {count.number:6d}  {count.title}")
    talk.say(f"  results in {folder}")
    return {
        "movie": str(result.movie.path or result.movie.name),
        "frames": frames,
        "events": len(result.events),
        "counts": {count.name: count.number for count in counts},
        "folder": str(folder),
        "files": {kind: str(path) for kind, path in files.items()},
        "notes": notes_of(result),
        "seconds": seconds,
    }


def _jobs(movies: list[str], out: str) -> list[tuple[Path, Path]]:
    """Pair each movie with its result folder; two movies never share one."""
    from ivea_fiji.results.writer import default_folder

    paths = [path for text in movies for path in _expand(text)]
    if not paths:
        raise ParameterError("Give at least one movie.")
    if len(paths) == 1:
        return [(paths[0], Path(out) if out else default_folder(paths[0]))]
    folders = [Path(out) / default_folder(path).name if out else default_folder(path) for path in paths]
    for folder, number in Counter(folder.absolute() for folder in folders).items():
        if number > 1:
            raise ParameterError(f"{number} movies would write to the same folder {folder}; analyse them one by one.")
    return list(zip(paths, folders, strict=True))


def _expand(text: str) -> list[Path]:
    """Return the files a pattern stands for, which the Windows shell leaves to the program."""
    if Path(text).exists() or not glob.has_magic(text):
        return [Path(text)]
    found = sorted(glob.glob(text))
    if not found:
        raise ParameterError(f"No file matches '{text}'.")
    return [Path(path) for path in found]


def _stopped(done: int, total: int) -> str:
    if total == 1:
        return "stopped; nothing was written"
    return f"stopped; the results of {done} of {total} movies are complete, of the others nothing was written"
