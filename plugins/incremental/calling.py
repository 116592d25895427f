"""Jinja's context, which calls what templates call most with fewer questions."""

from __future__ import annotations

from types import BuiltinMethodType
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode


class QuickContext(Context):
    """Jinja's own, but for macros and methods of C's: of each of the others it asks four times
    whether it wants the context."""

    @internalcode
    def call(self, called: Any, /, *args: Any, **named: Any) -> Any:
        """What `called` gives."""
        kind = type(called)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind is not BuiltinMethodType:
            return super().call(called, *args, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        try:
            return called(*args, **named)
        except StopIteration:
            return super().call(_raise_again)


def _raise_again() -> None:
    raise StopIteration


def call_quickly(environment: Environment) -> None:
    """Let an environment's templates call so, where it calls as Jinja does."""
    if environment.context_class is Context:
        environment.context_class = QuickContext
