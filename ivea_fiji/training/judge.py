"""Judge a network by a user's held-out labels, and by simulated movies that show what it has forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import ModelCard, ModelFolder
from ivea_fiji.networks.runtime import OnnxClassifier, make_classifier
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Progress, step
from ivea_fiji.training import validation
from ivea_fiji.training.labelled import OWN
from ivea_fiji.training.own import Own
from ivea_fiji.training.stock import Network, facts, score_stock
from ivea_fiji.training.validation import THRESHOLDS, Rule, Scored

Table = dict[str, list[Counts]]
_STOCK_LOSS = 0.005
"""F1 on the stock movies that the choice of a threshold may give up without being charged for it."""


@dataclass
class OwnJudge:
    """What is held out of a user's labels, beside simulated validation movies that show what is forgotten."""

    own: Own
    parent: ModelFolder | None
    rule: ModelCard
    """Card whose suppression is kept."""
    params: RefineParams
    before: list[Scored] = field(default_factory=list)
    """What the parent says."""

    @property
    def calibrated(self) -> bool:
        """Whether there is a parent: replayed samples keep its answers, and so its calibration."""
        return self.parent is not None

    def raised(self, movies: list[Scored], card: ModelCard) -> tuple[list[int], float]:
        """Return columns of event classes that the parent lacks, and the bias that own held-out labels ask for.

        A network is less sure of events it never saw than of those it learned from, of which there are few. A bias of
        new classes alone mends that and leaves alone what is said of others.
        """
        known = {c.id for c in self.rule.classes}
        new = [k for k, c in enumerate(card.classes) if c.id >= 0 and c.id not in known]
        return new, validation.fit_bias([m for m in movies if m.group == OWN], card, new) if new else 0.0

    def scored(self, network: Network, progress: Progress, *, half: bool) -> list[Scored]:
        """Return what the network says of stock and own movies; own ones weigh as much in the calibration."""
        stock = self._stock()
        networks = [network]
        if self.parent and not half:
            networks.append(Network(self.parent.checked(self.parent.card.onnx_file), self.parent.card))
        rows = score_stock(networks, stock // 2 if half else stock, self.params.workers, progress)
        mine = self.own.judged(network.card, OnnxClassifier(network.onnx))
        if len(networks) > 1:
            assert self.parent
            self.before = [row[1] for row in rows] + self.own.judged(self.parent.card, make_classifier(self.parent))
            step(progress, "validation", stock, stock)
        others = sum(len(row[0].label) for row in rows)
        weight = max(1.0, others / max(sum(len(m.label) for m in mine if m.whole), 1))
        return [row[0] for row in rows] + [replace(m, weight=weight) for m in mine]

    def choose(self, movies: list[Scored], card: ModelCard) -> tuple[Rule, Table]:
        """Choose the threshold with the best mean F1 of own and stock movies; the parent's suppression is kept."""
        table = self._table(movies, card)
        own, stock, false = self._curves(table, movies)
        floor = self._at_parent()[1] - _STOCK_LOSS if self.before and self._stock() else -np.inf
        value = own if stock is None else 0.5 * (own + stock) - 0.02 * false - 2 * np.maximum(floor - stock, 0)
        # Of thresholds that are as good, the one in their middle.
        best = np.flatnonzero(value >= value.max() - 1e-9)
        k = int(best[len(best) // 2])
        rule = Rule(float(THRESHOLDS[k]), self.rule.nu, self.rule.spread_radius, self.rule.repeat_frames)
        return rule, table

    def metrics(self, movies: list[Scored], table: Table, k: int, card: ModelCard) -> dict[str, Any]:
        """Return F1 before and after: of own movies, of all stock movies, and of every group."""
        _own, stock, _false = self._curves(table, movies)
        after = {
            "own": facts(table[OWN][k]),
            "stock": None if stock is None else round(float(stock[k]), 4),
            "groups": {group: facts(row[k]) for group, row in table.items()},
        }
        told: dict[str, Any] = {"held_out": self.own.split, "after": after}
        if self.before:
            counts, mean, groups = self._at_parent()
            told["before"] = {
                "own": facts(counts), "stock": round(mean, 4) if self._stock() else None,
                "groups": {group: facts(one) for group, one in groups.items()},
            }  # fmt: skip
        return told

    def _stock(self) -> int:
        return self.params.stock_movies if self.parent else 0

    def _table(self, movies: list[Scored], card: ModelCard) -> Table:
        chances = [validation.movie_chance(m, card) for m in movies]
        return validation.sweep(movies, chances, self.rule.nu, self.rule.spread_radius, self.rule.repeat_frames)

    def _curves(self, table: Table, movies: list[Scored]) -> tuple[NDArray, NDArray | None, NDArray]:
        """Return F1 of own and of stock movies and the excess of false events, at every threshold."""
        own = np.array([c.f1 for c in table[OWN]])
        stock = stock_f1(table)
        empty = sum(m.frames for m in movies if m.group.startswith("none")) or 1
        false = np.sum([[c.false for c in row] for g, row in table.items() if g.startswith("none")], axis=0)
        return own, stock, np.maximum(1000 * np.atleast_1d(false) / empty - validation.FALSE_PER_1000, 0)

    def _at_parent(self) -> tuple[Counts, float, dict[str, Counts]]:
        assert self.parent
        table = self._table(self.before, self.parent.card)
        k = int(np.abs(THRESHOLDS - self.parent.card.threshold).argmin())
        stock = stock_f1(table)
        groups = {group: row[k] for group, row in table.items()}
        return groups[OWN], 0.0 if stock is None else float(stock[k]), groups


def stock_f1(table: Table) -> NDArray[np.float64] | None:
    """Return the mean F1 of the stock groups with true events at every threshold, None without any."""
    rows = [
        [c.f1 for c in row] for group, row in table.items() if group != OWN and any(c.hits + c.missed for c in row)
    ]
    return np.mean(rows, axis=0) if rows else None
