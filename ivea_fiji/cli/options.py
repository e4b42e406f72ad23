"""Command-line options made from a parameter model, so that no parameter is written a second time."""

from __future__ import annotations

from copy import copy
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from cyclopts import Group, Parameter
from pydantic import BeforeValidator, ValidationError, create_model
from pydantic.fields import FieldInfo

from ivea_fiji.params.base import Params
from ivea_fiji.params.describe import help_text

P = TypeVar("P", bound=Params)

PARAMETER_GROUP = Group("Settings", sort_key=2)
_MODELS: dict[str, type[Params]] = {}


def options(model: type[Params], group: Group = PARAMETER_GROUP) -> Any:
    """Return the type with which a command takes every field of `model` as an option.

    The help of an option is the field's label, description, unit and range; `group` is the heading it stands under.
    """
    fields: dict[str, Any] = {name: (_typed(info), _with_help(info)) for name, info in model.model_fields.items()}
    _MODELS[model.__name__] = model
    shown = create_model(model.__name__, __base__=model, **fields)
    return Parameter(name="*", group=group)(shown)


def declared(model: type[P], params: Params | None) -> P:
    """Return `params` as exactly `model`; without `params`, the defaults.

    Parsing yields the class that carries the help texts; the library gets the declared one.
    """
    return model.make(**(params.model_dump() if params is not None else {}))


def fault(error: ValidationError) -> str:
    """Return the sentence about an option that was refused while the command line was parsed."""
    model = _MODELS[max((name for name in _MODELS if name in error.title), key=len)]
    return model.sentence(error)


def _typed(info: FieldInfo) -> Any:
    """Return the type of a field; of choices that are no texts, one that takes the text people type."""
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    if all(isinstance(choice, str) for choice in choices):
        return info.annotation
    typed = {str(choice): choice for choice in choices}
    return Annotated[info.annotation, BeforeValidator(lambda value: typed.get(value, value))]


def _with_help(info: FieldInfo) -> FieldInfo:
    shown = copy(info)
    shown.description = help_text(info)
    return shown
