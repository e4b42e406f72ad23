"""The one way a parameter is declared."""

from __future__ import annotations

import re
from copy import copy
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ivea_fiji.errors import ParameterError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED = ("imp", "ivea")
"""What scripts of Fiji call the image and the bridge."""

Style = Literal["", "file", "directory", "model", "model:random", "model:stationary", "classes"]


def field(
    default: Any,
    label: str,
    description: str,
    *,
    unit: str = "",
    ge: float | None = None,
    le: float | None = None,
    step: float | None = None,
    advanced: bool = False,
    source: str = "",
    style: Style = "",
) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default
        Value used when the user gives none.
    label
        What a dialog shows in front of the field.
    description
        One or two sentences of help.
    unit
        Unit of the value, empty when it has none.
    ge, le
        Smallest and largest allowed value.
    step
        Step of a spinner in a dialog.
    advanced
        True for parameters that a short dialog leaves out.
    source
        Where the default comes from: an equation of the paper, or "ours".
    style
        What a text is, so that a dialog can offer to browse for a file or folder, or list models (all, or those of one
        module) and the classes of a model. Dialogs that do not know a style show a plain text.
    """
    extra: dict[str, Any] = {
        "label": label, "unit": unit, "step": step, "advanced": advanced, "source": source, "style": style,
    }  # fmt: skip
    return Field(default, description=description, ge=ge, le=le, json_schema_extra=extra)


def declared_in(model: type[BaseModel], name: str) -> Any:
    """Return the declaration of a parameter of another set, so that it need not be written twice."""
    return copy(model.model_fields[name])


def combined(name: str, help: str, *models: type[Params]) -> type[Params]:
    """Return the parameter set that has the parameters of all `models`, those of the last one first."""
    return create_model(name, __base__=models, __doc__=help)


class Params(BaseModel):
    """Base of all parameter sets: frozen, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse names that cannot be keys of an ImageJ macro, which looks for ``name=`` anywhere in the options."""
        names = [*cls.model_fields, *_RESERVED]
        for name in cls.model_fields:
            if not _NAME.fullmatch(name):
                raise TypeError(f"{cls.__name__}.{name}: names are lower snake case")
            for other in names:
                if name != other and (other.endswith(name) or name.endswith(other)):
                    raise TypeError(f"{cls.__name__}: one of the names '{name}' and '{other}' ends the other")
            if names.count(name) > 1:
                raise TypeError(f"{cls.__name__}: the name '{name}' is taken by scripts")

    @classmethod
    def make(cls, **values: Any) -> Self:
        """Validate `values`; a fault becomes one `ParameterError` sentence that names the label."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise ParameterError(cls.sentence(error)) from error

    @classmethod
    def sentence(cls, error: ValidationError) -> str:
        """Return the first fault of `error` as one sentence that names the label."""
        first = error.errors()[0]
        if not first["loc"]:
            return first["msg"].removeprefix("Value error, ").rstrip(".") + "."
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            return f"There is no parameter '{name}'; known ones are {', '.join(cls.model_fields)}."
        extra = cls.model_fields[name].json_schema_extra or {}
        label = extra.get("label", name) if isinstance(extra, dict) else name
        reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
        return f"{label} ({name}): the value {first['input']!r} is not usable, it {reason}."
