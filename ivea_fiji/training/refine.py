"""Refine a model on a user's labels, or train one on these alone: read, hold out, fit, choose, write."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import ParameterError
from ivea_fiji.networks.card import ModelCard, ModelFolder
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import load_second_stage, make_classifier
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.training.child import child_card, take_over
from ivea_fiji.training.dataset import Samples, join
from ivea_fiji.training.judge import OwnJudge
from ivea_fiji.training.own import (
    FEWEST,
    Own,
    Sources,
    check_labels,
    check_sources,
    prepare,
    read_sources,
    second_look_alone,
    study_all,
)
from ivea_fiji.training.run import need_keras, split, stored_samples
from ivea_fiji.training.second_stage import write_stage
from ivea_fiji.training.taught_model import scores_before_and_after, write_taught
from ivea_fiji.training.teaching import own_rows, teach
from ivea_fiji.version import __version__

REPLAY_SEED = 7_000_000
"""First seed of replay movies; training stays below 8,000,000."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EVENT_PART = 0.5
"""Own events are seen this often for each time that an own place without an event is."""
_MOST_TIMES = 24
"""Most times that one sample is seen in a pass."""
_FEW_EVENTS = 500


@dataclass(frozen=True)
class Refined:
    """A model that has learned.

    Attributes
    ----------
    folder
        The model.
    before, after
        F1, precision, recall and false events on what was held out (`own movies`) and on stock movies; `before` is
        empty for a new network.
    notes
        Sentences the user should read.
    """

    folder: ModelFolder
    before: dict[str, Any]
    after: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What became better and what was lost, in one sentence."""
        card, own = self.folder.card, self.after["own"]
        text = f"{card.name}: F1 on held-out labels {own['f1']:.2f}"
        if self.before:
            text += f" (before {self.before['own']['f1']:.2f})"
        if self.after.get("stock") is not None:
            text += f", on stock movies {self.after['stock']:.3f} (before {self.before['stock']:.3f})"
        return text + "."


def refine(
    sources: str | Path | Iterable[str | Path],
    out: str | Path,
    params: RefineParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> Refined:
    """Adapt a model to labelled events, or train a new one on them.

    Parameters
    ----------
    sources
        Data sets (``.h5``), folders of movies with label files, movies, or label files.
    out
        Folder that gets the model ``<out>/<name>``.
    params
        How; the defaults if None.
    progress
        Told about every stage, loss and F1, and asked whether to stop. A run that was stopped goes on where it was
        when it is started again with the same sources and parameters.
    **changes
        Single parameters to change, by name.

    Returns
    -------
    Refined
        The model folder, and how well it does before and after.

    Raises
    ------
    IveaError
        Labels nothing can be learned from, a name that is taken, a parameter that does not fit: one sentence.
    Cancelled
        The progress asked to stop.
    """
    params = RefineParams.make(**{**(params.model_dump() if params else {}), **changes})
    progress = progress or Silent()
    paths = [Path(sources)] if isinstance(sources, str | Path) else [Path(p) for p in sources]
    folder, work = places(Path(out).expanduser(), params)
    parent = find_model_for("random", params.model)
    given = read_sources(paths, params, progress)
    if second_look_alone(given, params) and load_second_stage(parent) is not None:
        return _second_look(parent, given, folder, work, params, paths, progress)
    if params.trainable == "second_look":
        raise ParameterError(_nothing_to_teach(parent, given, params))
    keras, build = need_keras()
    config = parent.card.evit
    check_sources(given, params, parent.card)
    card = child_card(params, parent.card, given)
    _begin(work, params, given, parent)
    classifier = make_classifier(parent) if params.start == "refine" else None
    own = prepare(given, params, parent.card if classifier else card, classifier, progress)
    keras.utils.set_random_seed(params.seed)
    model = build(config, len(card.classes))
    if params.start == "refine":
        take_over(model, build, parent, len(card.classes))
    curve, held = _learn(model, card, own, params, work, progress)
    from ivea_fiji.training.finish import Fitted, finish

    judge = OwnJudge(own, parent if classifier else None, parent.card, params)
    told = {
        "command": command_of(params, paths), "parameters": params.model_dump(), "data": _data(given, own),
        "parent_sha256": parent.card.files.get(parent.card.onnx_file, "") if classifier else "",
    }  # fmt: skip
    fitted = Fitted(model, card, held, [curve], params.seed)
    made = finish(fitted, judge, work, folder, told, progress)
    told_more = _teach(parent, made, own, params, progress) if classifier else []
    shutil.rmtree(work, ignore_errors=True)
    made = ModelFolder(folder)
    metrics = made.card.metrics
    notes = (*given.notes, *own.notes, *_few(params, given), *told_more)
    return Refined(made, metrics.get("before", {}), metrics["after"], notes)


def _nothing_to_teach(parent: ModelFolder, given: Sources, params: RefineParams) -> str:
    """Say why the second look cannot be taught alone."""
    if params.start == "new":
        return "A new network has to learn as a whole: take 'head' for What learns (trainable), which it does not heed."
    if not given.movies:
        return "Data sets hold too few frames for the second look: name movies with labels, or let the head learn."
    return f"The model '{parent.card.name}' has no second look to teach; let the head learn instead."


def _second_look(
    parent: ModelFolder, given: Sources, folder: Path, work: Path, params: RefineParams, paths: list[Path],
    progress: Progress,
) -> Refined:
    """Teach the second look alone: the network of the new model is that of its parent."""
    check_labels(given)
    card = child_card(params, parent.card, given)
    if len(card.classes) > len(parent.card.classes):
        new = card.classes[len(parent.card.classes)]
        raise ParameterError(
            f"The network does not know the class {new.id} ({new.name}), and the second look alone cannot learn it; "
            f"label {FEWEST['refine']} events and other places too, so that the head can learn."
        )
    _begin(work, params, given, parent)
    classifier = make_classifier(parent)
    studies = study_all(given, params, parent.card, classifier, progress)
    taught = teach(parent, parent.card, own_rows(studies, parent.card, classifier, progress), params.seed, progress)
    if taught is None:
        raise ParameterError(f"No label lies where its movie changes, so '{parent.card.name}' can learn nothing.")
    told = {
        "command": command_of(params, paths), "parameters": params.model_dump(), "data": {"labels": taught.labels},
    }  # fmt: skip
    made = write_taught(parent, card, taught, folder, work, told)
    return Refined(made, *scores_before_and_after(taught), (*given.notes, taught.sentence))


def _teach(
    parent: ModelFolder, made: ModelFolder, own: Own, params: RefineParams, progress: Progress
) -> list[str]:
    """Give the new model the second stage of its parent, taught by the labels; return what to tell of it."""
    if not own.studies:
        return []
    rows = own_rows(own.studies, made.card, make_classifier(made), progress)
    taught = teach(parent, made.card, rows, params.seed, progress)
    if taught is None:
        return []
    write_stage(taught.stage, taught.rows, made.path, taught.facts, parent.card.second_threshold)
    return [taught.sentence]


def command_of(params: RefineParams, paths: Sequence[Path]) -> str:
    """Return the command that repeats a refinement; files by their names alone."""
    said = [p.name for p in paths]
    for name, value in params.model_dump(exclude_defaults=True).items():
        said += [f"--{name.replace('_', '-')}"] if value is True else [f"--{name.replace('_', '-')}", str(value)]
    return "ivea refine " + shlex.join(said)


def places(out: Path, params: RefineParams) -> tuple[Path, Path]:
    """Return the model's folder and that of the work; refuse a name that is taken or no name."""
    from ivea_fiji.results.writer import check_writable

    name = params.new_name
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"Name (new_name): '{name}' cannot be the name of a model; use letters, digits, '-', '_' and '.'."
        )
    if (out / name).exists():
        raise ParameterError(f"There is a model '{name}' in '{out}' already; choose another name (new_name).")
    check_writable(out)
    return out / name, out / f"{name}-work"


def _begin(work: Path, params: RefineParams, given: Sources, parent: ModelFolder) -> None:
    """Make the folder of the work; what lies there of a run with other labels or settings is no help to this one."""
    asked = {
        "parameters": params.model_dump(), "labels": given.fingerprint, "ivea": __version__,
        "parent": parent.card.files.get(parent.card.weights_file, ""),
    }  # fmt: skip
    text = json.dumps(asked, indent=1, sort_keys=True)
    note = work / "request.json"
    if work.exists() and not note.is_file():
        raise ParameterError(f"'{work}' is in the way and not of a refinement; choose another name (new_name).")
    if work.exists() and note.read_text(encoding="utf-8") != text:
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    note.write_text(text, encoding="utf-8")


def _learn(
    model: Any, card: ModelCard, own: Own, params: RefineParams, work: Path, progress: Progress
) -> tuple[Path, Samples]:
    """Fit the network to own and replayed samples; return its curve and all held-out samples."""
    from ivea_fiji.training.fit import CURVES, Schedule, fit

    ids = tuple(c.id for c in card.classes)
    replay, replay_held = _replay(work, ids, params, progress)
    samples = join([replay, own.learn])
    mine = len(replay) + repeated(own.learn.label, len(replay), params.own_share)
    taken = np.concatenate([np.arange(len(replay)), mine])
    schedule = Schedule(
        epochs=params.passes, batch=params.batch, rate=params.rate, seed=params.seed, patience=params.stop_after,
        trainable="fresh" if params.start == "new" or params.trainable == "second_look" else params.trainable,
    )  # fmt: skip
    weights = work / "fitted.weights.h5"
    if weights.exists():
        model.load_weights(weights)
    else:
        held = [own.held, replay_held]
        # Replayed samples keep the answers of the parent: these say more than labels, and they are calibrated.
        unchanged = np.arange(len(samples)) < len(replay)
        fit(
            model, samples, held, ids, card.evit.frames, schedule, work / "fit", progress, taken=taken,
            unchanged=unchanged,
        )  # fmt: skip
        model.save_weights(weights)
    return work / "fit" / CURVES, join([own.held, replay_held])


def _replay(
    work: Path, ids: tuple[int, ...], params: RefineParams, progress: Progress
) -> tuple[Samples, Samples]:
    if params.start == "new" or not params.replay_movies:
        return join([]), join([])
    seeds = range(REPLAY_SEED, REPLAY_SEED + params.replay_movies)
    samples = stored_samples(work / "replay", seeds, params.workers, progress)
    kept, held = split(samples, ids)
    return samples.take(kept), samples.take(held)


def repeated(label: NDArray[np.int64], others: int, share: float) -> NDArray[np.int64]:
    """Return row numbers of own samples, repeated so that they are `share` of all, and events half of what is none.

    Each copy is augmented in its own way, so that few samples are not learned by heart.

    Parameters
    ----------
    label
        Classes of own samples ``(n,)``.
    others
        How many other samples are learned from.
    share
        Between 0 and 1.
    """
    event = label >= 0
    weight = np.ones(len(label))
    weight[event] = max(1.0, _EVENT_PART * (~event).sum() / max(event.sum(), 1))
    if others:
        weight *= max(1.0, others * share / (1 - share) / weight.sum())
    times = np.rint(weight).astype(int).clip(1, _MOST_TIMES)
    return np.repeat(np.arange(len(label)), times)


def _data(given: Sources, own: Own) -> dict[str, Any]:
    labels = own.learn.label, own.held.label
    return {
        "movies": [m.movie.name for m in given.movies],
        "datasets": [d.info.path.name for d in given.sets],
        "held_out": own.split,
        "learned_from": _counts(labels[0]),
        "judged_by": _counts(labels[1]),
    }


def _counts(label: NDArray) -> dict[str, int]:
    return {str(int(k)): int((label == k).sum()) for k in np.unique(label)}


def _few(params: RefineParams, given: Sources) -> list[str]:
    if params.start != "new" or given.events >= _FEW_EVENTS:
        return []
    return [
        f"A new network was trained on {given.events} events; that is few, and refining a model would do better."
    ]
