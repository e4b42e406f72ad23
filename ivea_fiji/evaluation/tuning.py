"""What other settings would have found: threshold sweeps, why events were missed, and settings that fit labels.

Candidates and the network's answers do not depend on the decision, so a movie is looked at once per threshold factor
and every threshold and repeat time is then tried on what was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.classify import Judged, judge
from ivea_fiji.evaluation.marks import Marks
from ivea_fiji.evaluation.matching import Counts, match_events
from ivea_fiji.events.model import Rejected
from ivea_fiji.events.rule import Rule
from ivea_fiji.events.suppression import SAME_SITE_FRAMES
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.params.evaluation import EvaluationParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress, heed, step

THRESHOLDS = tuple(np.round(np.concatenate([np.arange(0.05, 0.9, 0.05), np.arange(0.9, 1.0, 0.01)]), 2).tolist())
FACTORS = (0.7, 1.0, 1.4)
"""What the threshold factor is multiplied by when settings are tried."""
REPEATS = (SAME_SITE_FRAMES, 6.0, 9.0, 12.0, 18.0)
_FEW = 10
_AS_GOOD = 0.01


@dataclass(frozen=True)
class Point:
    """What a threshold gives."""

    threshold: float
    counts: Counts


@dataclass(frozen=True)
class Setting:
    """Values of the parameters that are tried, and what they give."""

    threshold_factor: float
    confidence: float
    repeat_frames: float
    counts: Counts


@dataclass(frozen=True)
class Suggestion:
    """Settings that fit the labels of a movie.

    Attributes
    ----------
    now
        The present settings, with the model's own values where they were left to it.
    best
        The settings with the best F1; of those that are as good within 0.01 the ones nearest to the present.
    tried
        All settings.
    few
        Whether there are so few labels that the choice says little.
    """

    now: Setting
    best: Setting
    tried: tuple[Setting, ...]
    few: bool

    def changes(self) -> dict[str, tuple[float, float]]:
        """Return the parameters that should change: value now and suggested."""
        names = ("threshold_factor", "confidence", "repeat_frames")
        both = {name: (getattr(self.now, name), getattr(self.best, name)) for name in names}
        return {name: pair for name, pair in both.items() if pair[0] != pair[1]}

    @property
    def sentence(self) -> str:
        """The suggestion for people."""
        old, new = self.now.counts.f1, self.best.counts.f1
        changes = self.changes()
        if not changes:
            return f"The present settings fit these labels best (F1 {old:.3f})."
        told = ", ".join(f"{name}={value[1]:g}" for name, value in changes.items())
        tail = "; there are few labels, so try it on another movie" if self.few else ""
        return f"Suggested: {told}, which raises F1 on these labels from {old:.3f} to {new:.3f}{tail}."


@dataclass(frozen=True)
class Answers:
    """What the network said of the candidates of a movie, ready to be decided on; ``(n,)`` each."""

    marks: Marks
    """By frames of the file, with kind of event and probability."""
    frame: NDArray[np.int64]
    """Of the movie as analysed."""
    strength: NDArray[np.float32]
    sigma: NDArray[np.float32]
    wanted: NDArray[np.bool_]
    frame_interval_s: float | None

    @classmethod
    def of(cls, judged: Judged, params: RandomParams) -> Answers:
        """Take them from a judged movie."""
        card, movie, some = judged.card, judged.movie, judged.candidates
        columns = card.event_columns
        probabilities = judged.scores.adapted(card, params)[:, columns]
        kinds = np.array([card.classes[k].id for k in columns])[probabilities.argmax(axis=1)]
        ids = {entry.name: entry.id for entry in card.classes}
        asked = [ids[name.strip()] for name in params.classes.split(",") if name.strip() in ids]
        frame = np.array([movie.file_frame(int(f)) - 1 for f in judged.scores.frame], float)
        marks = Marks.of(frame, some.y, some.x, class_id=kinds, probability=probabilities.sum(axis=1))
        wanted = np.isin(kinds, asked) if asked else np.ones(len(kinds), bool)
        return cls(marks, judged.scores.frame, some.strength, some.sigma, wanted, movie.frame_interval_s)

    def events(self, rule: Rule) -> Marks:
        """Return what `rule` makes events of."""
        marks = self.marks
        likely, repeat = rule.apply(
            self.frame, marks.y, marks.x, self.strength, self.sigma, marks.probability, self.frame_interval_s
        )
        return marks[likely & ~repeat & self.wanted]


def rule_of(judged: Judged, params: RandomParams) -> Rule:
    """Return the rule by which detection decides."""
    card = judged.card
    return Rule(
        card.limit(params.confidence, params.second_look), card.nu, params.spread_radius or card.spread_radius,
        params.repeat_frames or card.repeat_frames, params.time_spread,
    )  # fmt: skip


def sweep(
    judged: Judged, truth: Marks, params: RandomParams, how: EvaluationParams, labels: Marks | None = None
) -> list[Point]:
    """Return what every threshold of `THRESHOLDS` gives, all else being as in `params`.

    Parameters
    ----------
    judged
        The movie.
    truth
        True events.
    params
        Settings of the detection.
    how
        Tolerances.
    labels
        All that is labelled, artefacts too, if that is only part of the movie: what is found elsewhere is ignored.
    """
    count = _Counter(Answers.of(judged, params), truth, how, labels)
    rule = rule_of(judged, params)
    return [Point(t, count(_with(rule, t))) for t in THRESHOLDS]


def sweep_marks(found: Marks, truth: Marks, how: EvaluationParams, labels: Marks | None = None) -> list[Point]:
    """Return what every threshold from the lowest probability of `found` on gives; empty without probabilities."""
    known = found.probability[np.isfinite(found.probability)]
    if len(known) < len(found) or not len(found):
        return []
    thresholds = [t for t in THRESHOLDS if t >= known.min()]
    return [Point(t, _count(found[found.probability >= t], truth, how, labels)) for t in thresholds]


def suggest(
    movie: Movie, truth: Marks, params: RandomParams, how: EvaluationParams, progress: Progress,
    labels: Marks | None = None, judged: Judged | None = None,
) -> Suggestion:
    """Try other threshold factors, confidences and repeat times on a labelled movie, and choose.

    Parameters
    ----------
    movie
        Opened as `params` say.
    truth
        True events.
    params
        The present settings.
    how
        Tolerances.
    progress
        Told after every look at the movie, and asked whether to stop.
    labels
        As in `sweep`.
    judged
        The movie judged with `params`, if that has been done.

    Notes
    -----
    The F1 of the choice is that on the labels it was chosen by, so it flatters a little, the more so with few labels.
    """
    folder = find_model_for("random", params.model)
    looks: dict[float, Judged] = {}
    for k, factor in enumerate(FACTORS):
        step(progress, "trying settings", k, len(FACTORS))
        value = round(float(np.clip(params.threshold_factor * factor, 0.1, 20)), 3)
        fits = factor == 1 and judged is not None
        asked = params.model_copy(update={"threshold_factor": value})
        looks[value] = judged if fits and judged is not None else judge(movie, folder, asked, progress)
    rule = rule_of(next(iter(looks.values())), params)
    repeats = sorted({*REPEATS, rule.repeat_frames})
    thresholds = sorted({*THRESHOLDS, rule.threshold})
    tried: list[Setting] = []
    for factor, look in looks.items():
        count = _Counter(Answers.of(look, params), truth, how, labels)
        for repeat in repeats:
            heed(progress)
            tried += [Setting(factor, t, repeat, count(_with(rule, t, repeat))) for t in thresholds]
    present = (params.threshold_factor, rule.threshold, rule.repeat_frames)
    now = next(s for s in tried if (s.threshold_factor, s.confidence, s.repeat_frames) == present)
    top = max(s.counts.f1 for s in tried)
    good = [s for s in tried if s.counts.f1 >= top - _AS_GOOD]
    best = now if now in good else min(good, key=lambda s: (_apart(s, now), -s.counts.f1))
    return Suggestion(now, best, tuple(tried), len(truth) < _FEW)


def why_missed(
    truth: Marks, missed: NDArray[np.int64], rejected: Sequence[Rejected], names: dict[int, str], how: EvaluationParams
) -> list[str]:
    """Say of each missed event what became of the candidates near it.

    Parameters
    ----------
    truth, missed
        True events, and the rows of those that were missed; frames of the file from 0.
    rejected
        Candidates that are no events; their frames counted as those of `truth`.
    names
        Names of the classes.
    how
        Tolerances.
    """
    out = []
    for k in missed.tolist():
        near = [
            r for r in rejected
            if np.hypot(r.y - truth.y[k], r.x - truth.x[k]) <= how.max_distance_px
            and abs(r.frame - truth.frame[k]) <= how.max_frames
        ]
        out.append(_reason(max(near, key=lambda r: r.probability), names) if near else
                   "the movie changes too little there; a lower threshold factor looks closer")
    return out


def near_labels(found: Marks, labels: Marks, how: EvaluationParams) -> NDArray[np.bool_]:
    """Tell which of `found` lie at a label of any kind, within the tolerances ``(n,)``."""
    near = np.zeros(len(found), bool)
    for k in range(len(labels)):
        slack = min(how.slow * float(labels.duration[k]), how.max_slow_frames)
        close = np.hypot(found.y - labels.y[k], found.x - labels.x[k]) <= how.max_distance_px
        near |= close & (np.abs(found.frame - labels.frame[k]) <= how.max_frames + slack)
    return near


def _reason(rejected: Rejected, names: dict[int, str]) -> str:
    chance = f"probability {rejected.probability:.2f}"
    if rejected.reason == "repeat":
        return f"taken as a repeat of an event beside it ({chance}); a shorter repeat time keeps both"
    if rejected.reason == "artefact":
        return f"taken for {names.get(rejected.class_id, 'an artefact').replace('_', ' ')} ({chance})"
    return f"{rejected.reason} ({chance})"


class _Counter:
    """Counts what a rule gives, and each outcome once: between two probabilities every threshold gives the same."""

    def __init__(self, answers: Answers, truth: Marks, how: EvaluationParams, labels: Marks | None) -> None:
        self._answers, self._truth, self._how, self._labels = answers, truth, how, labels
        self._known: dict[tuple[int, float], Counts] = {}

    def __call__(self, rule: Rule) -> Counts:
        likely = int((self._answers.marks.probability >= rule.threshold).sum())
        key = (likely, rule.repeat_frames)
        if key not in self._known:
            self._known[key] = _count(self._answers.events(rule), self._truth, self._how, self._labels)
        return self._known[key]


def _count(found: Marks, truth: Marks, how: EvaluationParams, labels: Marks | None) -> Counts:
    if labels is not None:
        found = found[near_labels(found, labels, how)]
    return match_events(found, truth, **tolerances(how)).counts


def tolerances(how: EvaluationParams) -> dict[str, Any]:
    """Return what `match_events` takes of the parameters, or of a set that has more."""
    return how.model_dump(include=set(EvaluationParams.model_fields))


def _with(rule: Rule, threshold: float, repeat_frames: float | None = None) -> Rule:
    repeat = rule.repeat_frames if repeat_frames is None else repeat_frames
    return Rule(threshold, rule.nu, rule.spread_radius, repeat, rule.time_spread)


def _apart(setting: Setting, now: Setting) -> tuple[int, float]:
    """Return how far settings are from the present ones: how many parameters change, then by how much."""
    changed = (
        setting.threshold_factor != now.threshold_factor, setting.confidence != now.confidence,
        setting.repeat_frames != now.repeat_frames,
    )  # fmt: skip
    return sum(changed), abs(setting.confidence - now.confidence)
