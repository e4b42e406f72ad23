"""Gradient-boosted trees as plain arrays: what scikit-learn has fitted, asked without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_DEEPEST = 64
_ROWS = 512
_MOST_LEAVES = 32


@dataclass(frozen=True)
class Trees:
    """A sum of decision trees whose total is the log odds of being an event.

    Arrays have shape ``(trees, nodes)``; a tree that has fewer nodes than the largest is filled up with leaves.
    """

    feature: NDArray[np.int16]
    """Which value decides at a node; -1 at a leaf."""
    threshold: NDArray[np.float32]
    """Up to here, the way is left."""
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    """Next nodes, always behind the node itself."""
    missing_left: NDArray[np.bool_]
    """Whether NaN goes left."""
    value: NDArray[np.float32]
    """What the tree adds if this node were a leaf."""
    start: float
    """Log odds before any tree."""

    def log_odds(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the log odds ``(n,)`` of rows ``(n, values)``.

        All nodes of all trees are asked at once: a node whose answer is "left" rules out the leaves on its right, and
        the other way round; the one leaf that nothing rules out is where the row ends (Lucchese et al. 2015,
        QuickScorer; both sides here).
        """
        inner, go_left, go_right, leaf_value = self._masks()
        feature = np.maximum(self.feature[inner], 0).astype(np.intp)
        threshold, missing = self.threshold[inner], self.missing_left[inner]
        per_tree = inner.sum(axis=1)
        starts = np.concatenate([[0], np.cumsum(per_tree)[:-1]])
        out = np.full(len(x), self.start)
        trees = np.arange(len(self.feature))
        for first in range(0, len(x), _ROWS):
            seen = np.ascontiguousarray(x[first : first + _ROWS].T)[feature]
            left = seen <= threshold[:, None]
            unknown = np.isnan(seen)
            if unknown.any():
                left |= unknown & missing[:, None]
            possible = np.where(left, go_left[:, None], go_right[:, None])
            leaves = np.bitwise_and.reduceat(possible, starts, axis=0)
            place = np.log2(leaves).astype(np.intp)  # one bit is left
            out[first : first + _ROWS] += leaf_value[trees[:, None], place].sum(axis=0, dtype=float)
        return out

    def _masks(self) -> tuple[NDArray[np.bool_], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.float32]]:
        """Return the nodes that decide, the leaves each leaves possible when it answers left or right, and leaves."""
        inner = self.feature >= 0
        trees, nodes = inner.shape
        below = np.zeros((trees, nodes), np.uint64)
        number = np.zeros(trees, np.intp)
        value = np.zeros((trees, _MOST_LEAVES), np.float32)
        reached = np.zeros((trees, nodes), bool)
        reached[:, 0] = True
        rows = np.arange(trees)
        for k in range(nodes):
            mine = reached[:, k] & inner[:, k]
            for child in (self.left, self.right):
                reached[rows[mine], child[mine, k]] = True
            leaf = reached[:, k] & ~inner[:, k]
            below[leaf, k] = np.uint64(1) << number[leaf].astype(np.uint64)
            value[rows[leaf], number[leaf]] = self.value[leaf, k]
            number[leaf] += 1
        for k in range(nodes - 1, -1, -1):
            mine = reached[:, k] & inner[:, k]
            below[mine, k] = below[rows[mine], self.left[mine, k]] | below[rows[mine], self.right[mine, k]]
        inner &= reached
        tree = np.nonzero(inner)[0]
        go_left = ~below[tree, self.right[inner]]
        go_right = ~below[tree, self.left[inner]]
        full = (np.uint64(1) << number.astype(np.uint64)) - np.uint64(1)
        return inner, go_left & full[tree], go_right & full[tree], value

    def shares(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return by how much every value moved the log odds ``(n, values)``: the steps along the ways through trees.

        The steps of a row add up to its log odds, less those of the roots (Saabas' decomposition).
        """
        out = np.zeros(x.shape, np.float32)
        rows = np.arange(len(x))
        for tree in range(len(self.feature)):
            node = np.zeros(len(x), np.intp)
            for _ in range(_DEEPEST):
                feature = self.feature[tree, node]
                inner = feature >= 0
                if not inner.any():
                    break
                after = self._next(tree, node, x)
                step = self.value[tree, after] - self.value[tree, node]
                out[rows[inner], feature[inner]] += step[inner]
                node = after
        return out

    def _next(self, tree: int, node: NDArray[np.intp], x: NDArray[np.float32]) -> NDArray[np.intp]:
        feature = self.feature[tree, node]
        seen = x[np.arange(len(x)), np.maximum(feature, 0)]
        left = np.where(np.isnan(seen), self.missing_left[tree, node], seen <= self.threshold[tree, node])
        return np.where(feature < 0, node, np.where(left, self.left[tree, node], self.right[tree, node]))

    def plus(self, other: Trees) -> Trees:
        """Return trees whose log odds are the sum of both."""
        nodes = max(self.feature.shape[1], other.feature.shape[1])

        def both(name: str, fill: float) -> NDArray:
            parts = [np.asarray(getattr(one, name)) for one in (self, other)]
            wide = [np.pad(p, ((0, 0), (0, nodes - p.shape[1])), constant_values=fill) for p in parts]
            return np.concatenate(wide)

        names = {"feature": -1, "threshold": 0, "left": 0, "right": 0, "missing_left": 0, "value": 0}
        arrays = {name: both(name, fill) for name, fill in names.items()}
        return Trees(**arrays, start=self.start + other.start)

    def with_columns(self, place: NDArray[np.intp]) -> Trees:
        """Return the same trees for rows whose value `k` stands in column ``place[k]``."""
        moved = np.where(self.feature < 0, -1, np.asarray(place)[np.maximum(self.feature, 0)]).astype(np.int16)
        return replace(self, feature=moved)

    def arrays(self, prefix: str) -> dict[str, NDArray]:
        """Return everything by name, to be written."""
        return {prefix + f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray], prefix: str, values: int) -> Self:
        """Return what `arrays` gave.

        Raises
        ------
        ValueError
            If these are no trees over so many values.
        """
        told: dict[str, Any] = {f.name: arrays[prefix + f.name] for f in fields(cls)}
        told["start"] = float(told["start"])
        made = cls(**told)
        shape, at = made.feature.shape, np.arange(made.feature.shape[-1])
        inner = made.feature >= 0
        kinds = {"feature": "i", "threshold": "f", "left": "i", "right": "i", "missing_left": "b", "value": "f"}
        if len(shape) != 2 or any(
            told[name].shape != shape or told[name].dtype.kind != kind for name, kind in kinds.items()
        ):
            raise ValueError("arrays of different shapes")
        # Ways lead forward only, so every way ends.
        for child in (made.left, made.right):
            if not ((child > at) & (child < shape[1]))[inner].all():
                raise ValueError("a way that leads nowhere")
        if (made.feature >= values).any() or not np.isfinite(made.value).all() or not np.isfinite(made.start):
            raise ValueError("impossible values")
        return made

    @classmethod
    def of_fitted(cls, fitted: list[Any]) -> Self:
        """Return the mean of what `HistGradientBoostingClassifier`, or `...Regressor`, of scikit-learn have fitted."""
        trees = [(p[0].nodes, len(fitted)) for one in fitted for p in one._predictors]
        most = max(len(nodes) for nodes, _ in trees)
        shape = (len(trees), most)
        out = cls(
            np.full(shape, -1, np.int16), np.zeros(shape, np.float32), np.zeros(shape, np.int16),
            np.zeros(shape, np.int16), np.zeros(shape, bool), np.zeros(shape, np.float32),
            float(np.mean([np.ravel(one._baseline_prediction)[0] for one in fitted])),
        )  # fmt: skip
        for k, (nodes, share) in enumerate(trees):
            n = len(nodes)
            inner = ~nodes["is_leaf"].astype(bool)
            out.feature[k, :n] = np.where(inner, nodes["feature_idx"], -1)
            out.threshold[k, :n] = _float_below(nodes["num_threshold"])
            out.left[k, :n], out.right[k, :n] = nodes["left"], nodes["right"]
            out.missing_left[k, :n] = nodes["missing_go_to_left"].astype(bool)
            out.value[k, :n] = nodes["value"] / share
        return out


def _float_below(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 that is not above each value, so that no float32 changes its side."""
    near = values.astype(np.float32)
    return np.where(near.astype(np.float64) > values, np.nextafter(near, np.float32(-np.inf)), near)


def chance_of(log_odds: NDArray) -> NDArray[np.float64]:
    """Return probabilities of log odds."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))
