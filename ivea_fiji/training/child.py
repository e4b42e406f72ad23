"""A model that learns from labels: its parent's card and weights, with the classes that the labels bring along."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ivea_fiji.datasets.layout import class_name
from ivea_fiji.errors import ParameterError
from ivea_fiji.events.classes import BY_ID
from ivea_fiji.networks.card import ClassEntry, ModelCard, ModelFolder
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.training.own import Sources


def child_card(params: RefineParams, parent: ModelCard, given: Sources) -> ModelCard:
    """Return the card to begin with: the parent's, with the classes it lacks behind its own.

    A new network has the labelled classes alone, and random noise for places that nobody labelled.

    Raises
    ------
    ParameterError
        A name is given to a class that has one, to one without labels, or to two.
    """
    refined = params.start == "refine"
    old = parent.classes if refined else ()
    labelled = [k for k in given.classes if k not in {c.id for c in old}]
    if not refined and -1 not in labelled:
        labelled.append(-1)
    names = _class_names(params.class_names)
    for class_id in names:
        if class_id not in given.classes:
            raise ParameterError(f"Names of new classes (class_names): no label has the class {class_id}.")
        if class_id not in labelled:
            raise ParameterError(f"Names of new classes (class_names): the class {class_id} has a name already.")
    classes = [*old, *(_entry(k, names) for k in labelled)]
    if len({c.name for c in classes}) < len(classes):
        raise ParameterError("Names of new classes (class_names): a name stands for two classes; give each its own.")
    update = {
        "name": params.new_name,
        "version": "1.0.0",
        "title": (
            f"{parent.title.removesuffix(', refined')}, refined" if refined
            else f"eViT, {parent.evit.frames} frames, own labels"
        ),
        "description": (
            f"'{parent.name}' refined on {given.events} labelled events." if refined
            else f"Trained on {given.events} labelled events."
        ),
        "classes": tuple(classes),
        "parent": f"{parent.name} {parent.version}" if refined else "",
        "licence": parent.licence if refined else "",
        "training": {}, "metrics": {}, "files": {}, "event_share": parent.event_share if refined else 0.0,
    }  # fmt: skip
    return parent.model_copy(update=update)


def _class_names(text: str) -> dict[int, str]:
    names: dict[int, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        number, _, name = part.partition("=")
        try:
            names[int(number)] = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
        except ValueError:
            raise ParameterError(f"Names of new classes (class_names): '{part}' is not like '10=spark'.") from None
    return names


def _entry(class_id: int, names: dict[int, str]) -> ClassEntry:
    name = names.get(class_id) or class_name(class_id)
    known = BY_ID.get(class_id)
    title = known.title if known is not None and known.name == name else name.replace("_", " ")
    return ClassEntry(id=class_id, name=name, title=title)


def take_over(model: Any, build: Any, parent: ModelFolder, classes: int) -> None:
    """Give a network the weights of its parent; columns of classes the parent lacks begin as unlikely ones."""
    known = len(parent.card.classes)
    donor = build(parent.card.evit, known)
    donor.load_weights(parent.checked(parent.card.weights_file))
    for layer in model.layers:
        if layer.name != "classes":
            layer.set_weights(donor.get_layer(layer.name).get_weights())
    kernel, offset = donor.get_layer("classes").get_weights()
    more = classes - known
    model.get_layer("classes").set_weights([
        np.concatenate([kernel, np.zeros((len(kernel), more), kernel.dtype)], axis=1),
        np.concatenate([offset, np.full(more, offset.min() - 2, offset.dtype)]),
    ])  # fmt: skip
