"""Whether the results of a movie are there already: whole, of the same pixels, made with the same settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params
from ivea_fiji.params.describe import extra
from ivea_fiji.results.columns import Column
from ivea_fiji.results.pool import same_columns
from ivea_fiji.results.record import hash_input, load_record, modified, size
from ivea_fiji.results.writer import Written
from ivea_fiji.version import __version__

_NO_MATTER = ("threads",)
"""Parameters that change nothing of the results."""


def finished_run(
    files: Written,
    movie: Path,
    params: Params,
    model: Mapping[str, Any],
    kinds: Iterable[str],
    columns: Mapping[str, Sequence[Column]],
) -> dict[str, Any] | str:
    """Return the run record if the results are those the given run would write.

    Parameters
    ----------
    files
        Where each kind of file would be; 'run' is the record.
    movie
        Of which movie.
    params, model
        As in the result of the module; an empty `model` if it has no network.
    kinds
        Files that have to be there.
    columns
        Today's columns of those of them that are tables.

    Returns
    -------
    dict or str
        The record; or a sentence that says why the movie has to be analysed again, empty if there is no earlier run.
    """
    if not files["run"].is_file():
        return "The earlier results were not complete." if any(f.is_file() for f in files.values()) else ""
    try:
        record = load_record(files["run"])
    except ParameterError:
        return "The earlier run record cannot be read."
    missing = [kind for kind in kinds if not files[kind].is_file()]
    if missing:
        return f"Of the earlier results, {files[missing[0]].name} was missing."
    if record.get("ivea_version") != __version__ or not all(
        same_columns(files[kind], table) for kind, table in columns.items()
    ):
        return f"The earlier results were made by version {record.get('ivea_version')}."
    return (
        _changed_settings(record["parameters"], params)
        or _changed_mask(record, params)
        or _changed_model(record.get("model") or {}, model)
        or ("" if _same_input(record.get("input") or {}, movie) else "The movie has changed since the earlier run.")
        or record
    )


def _changed_settings(old: Mapping[str, Any], params: Params) -> str:
    new = params.model_dump(mode="json")
    changed = [name for name in new if name not in _NO_MATTER and (name not in old or old[name] != new[name])]
    if not changed:
        return ""
    name = changed[0]
    label = extra(type(params).model_fields[name])["label"]
    more = f", and {len(changed) - 1} other settings" if len(changed) > 2 else ", and another setting"
    return f"{label} ({name}) was {old.get(name)!r} before and is {new[name]!r} now{more if changed[1:] else ''}."


def _changed_mask(record: Mapping[str, Any], params: Params) -> str:
    mask = Path(getattr(params, "cell_mask", "") or "").expanduser()
    if not mask.name or not mask.is_file():
        return ""
    try:
        made = datetime.fromisoformat(record["created"])
    except (KeyError, TypeError, ValueError):
        return "The earlier run record does not say when it was made."
    if datetime.fromtimestamp(mask.stat().st_mtime, UTC) < made:
        return ""
    return f"The cell mask '{mask.name}' has changed since the earlier run."


def _changed_model(old: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    if all(old.get(key) == model.get(key) for key in ("name", "version", "sha256", "threshold")):
        return ""
    return f"The model '{model.get('name')}' is not the one of the earlier run."


def _same_input(old: Mapping[str, Any], movie: Path) -> bool:
    """Tell by place, size and time of the file, and only if that does not help by its content."""
    try:
        if old.get("bytes") != size(movie):
            return False
        if old.get("path") == str(movie.absolute()) and old.get("modified") == modified(movie):
            return True
        return bool(old.get("sha256") == hash_input(movie))
    except OSError:  # the analysis will say what is wrong with it
        return False
