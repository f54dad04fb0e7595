"""Extend functions of dbt and pyspark for which they have no hook."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_WRAPPED = "_dbt_spark_session"


def wrap_once(owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Replace the function ``owner.name`` by one that calls ``around(stock, *arguments)``.

    ``stock`` is the function as it was. Do nothing if the function is replaced already.
    """
    stock = getattr(owner, name)
    if hasattr(stock, _WRAPPED):
        return

    @functools.wraps(stock)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return around(stock, *arguments, **named)

    setattr(wrapped, _WRAPPED, True)
    is_class_method = inspect.isclass(owner) and inspect.ismethod(stock)
    setattr(owner, name, staticmethod(wrapped) if is_class_method else wrapped)
