"""``ivea batch`` and the batches of the other modules: all movies of a folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.commands.batch import batch_params, process_folder
from ivea_fiji.commands.module import Module
from ivea_fiji.params.base import Params

if TYPE_CHECKING:
    from ivea_fiji.batch import FileReport


def batch(module: Module[Any, Any]) -> Callable[..., int]:
    """Return the command that runs `module` on a folder."""
    model = batch_params(module)

    def run(
        folder: str,
        /,
        *,
        out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
        params: Params | None = None,
        talk: Talk | None = None,
    ) -> int:
        return _batch(module, folder, out, declared(model, params), talk or Talk())

    run.__annotations__["params"] = options(model) | None
    run.__doc__ = f"""{module.batch_help}

    Every movie gets a folder of results; all events are in '{module.pool.name("events")}' and what became of each
    movie in '{module.pool.name("files")}'. A movie that fails does not stop the others, and movies that are finished
    are not done again.

    Parameters
    ----------
    folder
        Folder of the movies.
    out
        Folder of the results; by default '<folder>_ivea' beside the folder.
    """
    return run


def _batch(module: Module[Any, Any], folder: str, out: str, params: Params, talk: Talk) -> int:
    with talk.progress() as bar:

        def told(report: FileReport) -> None:
            bar.close()
            _tell(report, talk)

        report = process_folder(folder, out, params, module=module.name, progress=bar, told=told)
    talk.say(report.sentence)
    failed = report.having("failed")
    for one in failed:
        talk.say(f"  failed: {one.job.name}")
    talk.say(f"  results in {report.folder}")
    code = int(bool(failed))
    talk.data({"movies": [_plain(one) for one in report.files], "events": report.events, "folder": str(report.folder),
               "files": dict(report.tables), "exit_code": code})  # fmt: skip
    return code


def _tell(report: FileReport, talk: Talk) -> None:
    """Say what became of one movie."""
    if report.status == "failed":
        talk.complain(f"{report.job.name}: {report.sentence}")
        return
    found = report.outcome
    assert found is not None
    when = "finished earlier" if report.status == "kept" else f"{found.seconds:.1f} s"
    talk.say(f"{report.job.name}: {found.events} {'event' if found.events == 1 else 'events'}, {when}")
    if report.sentence:
        talk.note(f"{report.job.name}: {report.sentence}")


def _plain(report: FileReport) -> dict[str, Any]:
    found = report.outcome
    return {
        "movie": str(report.job.movie),
        "status": report.status,
        "events": found.events if found else None,
        "seconds": found.seconds if found else None,
        "sentence": report.sentence,
        "folder": str(report.job.folder),
    }
