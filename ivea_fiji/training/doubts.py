"""What is wrong with labels before anything is learned of them, each in one sentence that names them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ivea_fiji.datasets.labels import Label
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.results.rois import UNDECIDED

_SAME_PX, _SAME_FRAMES = 2.0, 2
"""Two labels within these are of one place: people click a little beside."""
_NAMED = 3


def contradictions(labels: Sequence[Label]) -> list[tuple[int, int]]:
    """Return pairs of row numbers of labels of one place, of which one says event and the other says none."""
    if not labels:
        return []
    frame, y, x = (np.array([getattr(label, name) for label in labels], float) for name in ("frame", "y", "x"))
    event = np.array([label.class_id is not None and label.class_id >= 0 for label in labels])
    pairs = []
    for k in np.flatnonzero(event).tolist():
        near = (np.abs(frame - frame[k]) <= _SAME_FRAMES) & (np.hypot(y - y[k], x - x[k]) <= _SAME_PX)
        pairs += [(k, int(other)) for other in np.flatnonzero(near & ~event)]
    return pairs


def without_contradictions(labels: Sequence[Label]) -> tuple[list[Label], list[str]]:
    """Return the labels that have a class and contradict no other, and a sentence if some do."""
    told = [label for label in labels if label.class_id is not None and label.class_id != UNDECIDED]
    pairs = contradictions(told)
    if not pairs:
        return told, []
    out = {k for pair in pairs for k in pair}
    some = "; ".join(f"'{told[a].name}' and '{told[b].name}'" for a, b in pairs[:_NAMED])
    more = f", and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
    return [label for k, label in enumerate(told) if k not in out], [
        f"Of the same place one label says event and another says none ({some}{more}): neither was learned from; take "
        "one of them back."
    ]


def one_sided(labels: Sequence[Label], card: ModelCard) -> list[str]:
    """Return sentences about labels that are all of one kind, all of one frame, or of classes the network lacks."""
    notes = []
    events = sum(label.class_id is not None and label.class_id >= 0 for label in labels)
    if len(labels) > 1 and events in (0, len(labels)):
        which, others = ("events", "places that are none") if events else ("places that are none", "events")
        notes.append(f"All {len(labels)} labels are {which}: what else there is stays as it was; label {others} too.")
    frames = {label.frame for label in labels}
    if len(labels) > 1 and len(frames) == 1:
        notes.append(f"All {len(labels)} labels are of frame {frames.pop()}: label in other frames too.")
    known = {c.id for c in card.classes}
    strange = sorted({label.class_id for label in labels if label.class_id is not None} - known)
    if strange:
        named = ", ".join(map(str, strange))
        notes.append(
            f"The network of '{card.name}' does not know the class {named}; it was learned as event or none alone, and "
            "to tell it apart the head has to learn (Train or Refine Model...)."
        )
    return notes
