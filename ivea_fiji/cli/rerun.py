"""``ivea rerun``: do a recorded run again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.detect import report
from ivea_fiji.commands.module import Module
from ivea_fiji.commands.modules import module_of, params_from_record
from ivea_fiji.errors import MovieError
from ivea_fiji.version import __version__


def rerun(
    record: str,
    /,
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    movie: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    talk: Talk | None = None,
) -> None:
    """Repeat a run from its record and say whether the same events come out.

    Parameters
    ----------
    record
        Run record, '<movie>_run.json'.
    out
        Folder of the new results; by default the old folder's name with '_rerun' added.
    movie
        The movie, if it has moved since.
    """
    from ivea_fiji.results.record import load_record
    from ivea_fiji.results.writer import check_writable

    talk = talk or Talk()
    source = Path(record)
    old = load_record(source)
    module = module_of(old)
    params = params_from_record(old)
    path = _find_movie(old, movie)
    folder = Path(out) if out else source.absolute().parent.with_name(f"{source.absolute().parent.name}_rerun")
    check_writable(folder)
    differences = _input_differences(old, path)
    with talk.progress() as bar:
        result = _again(module, old, path, params, bar, differences)
        files = module.write(result, folder)
    differences += _model_differences(old, result.model)
    for text in differences:
        talk.note(text)
    data = report(module, result, folder, files, talk)
    same = _same_events(module, source, files["events"])
    if same is not None:
        talk.say("  the event table is the same as before" if same else "  the event table differs from the old one")
    talk.data({**data, "differences": differences, "same_events": same})


def _again(
    module: Module[Any, Any], old: dict[str, Any], movie: Path, params: Any, bar: Any, differences: list[str]
) -> Any:
    """Analyse the movie as the record tells: also by the labels that taught the second look then."""
    from ivea_fiji.results.record import hash_input

    taught = (old.get("model") or {}).get("taught")
    if not taught:
        return module.detect(movie, params, bar)
    from ivea_fiji.training.judging import judge_by_labels

    labels = Path(taught.get("label_file") or "")
    if not labels.is_file():
        raise MovieError(f"The recorded run was judged by the labels '{labels}', which are no longer there.")
    if hash_input(labels) != taught.get("label_sha256"):
        differences.append(f"the labels {labels} are not those that were recorded")
    decide = bool(taught.get("labels_decide"))
    return judge_by_labels(movie, labels, params, labels_decide=decide, progress=bar).result(bar)


def _find_movie(old: dict[str, Any], given: str) -> Path:
    """Return the recorded movie, or the one given instead of it."""
    if given:
        return Path(given)
    recorded = old.get("input", {}).get("path")
    if not recorded:
        raise MovieError("The recorded run analysed an array, not a file; name the movie with --movie.")
    if not Path(recorded).exists():
        raise MovieError(f"The movie {recorded} is no longer there; say where it is with --movie.")
    return Path(recorded)


def _input_differences(old: dict[str, Any], movie: Path) -> list[str]:
    """Return what is no longer as it was, before the run."""
    from ivea_fiji.results.record import hash_input

    found = []
    if old.get("ivea_version") != __version__:
        found.append(f"the record was made by version {old.get('ivea_version')}, this is {__version__}")
    expected = old.get("input", {}).get("sha256")
    if expected and movie.exists() and hash_input(movie) != expected:
        found.append(f"the movie {movie} is not the one that was recorded (its hash differs)")
    return found


def _model_differences(old: dict[str, Any], model: Mapping[str, Any]) -> list[str]:
    expected = (old.get("model") or {}).get("sha256")
    if expected and expected != model.get("sha256"):
        return [f"the model {model.get('name')} has other weights than the recorded one"]
    return []


def _same_events(module: Module[Any, Any], record: Path, new: Path) -> bool | None:
    """Compare the new event table with the one beside the record; None if that is missing."""
    old = record.with_name(record.name.removesuffix(module.files["run"]) + module.files["events"])
    return old.read_bytes() == new.read_bytes() if old.is_file() else None
