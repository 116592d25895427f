"""Jinja's context with fewer questions: templates come out as they did."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from incremental.calling import QuickContext, call_quickly
from jinja2 import DictLoader, Environment, StrictUndefined, pass_context, pass_eval_context
from jinja2.runtime import Context


def _ends(*_: Any) -> str:
    raise StopIteration


class _Asked:
    @pass_context
    def __call__(self, context: Context, word: str = "") -> str:
        return f"{word}{context.resolve('name')}"


TEMPLATES = {
    "lib": """{% macro shout(what, mark='!') %}{{ what }}{{ mark }}{{ caller() if caller }}{{
        varargs }}{{ kwargs }}{% endmacro %}{% macro tree(nodes) %}{% for n in nodes %}<{{ n }}{{
        loop.index }}{{ shout(n, mark=loop.index) }}>{% endfor %}{% endmacro %}""",
    "page": """{% import 'lib' as lib with context %}{% from 'lib' import shout %}{{ lib.tree('ab')
        }}{{ shout('x', 1, 2, z=3) }}{% call shout('y') %}inner {{ name }}{% endcall %}
        {% set name = 'other' %}{{ date.isoformat() }} {{ date.replace(year=2020).year }} {{
        'a'.join('bcd') }}{{ seen('>') }}{{ Seen('>') }}{{ evaluated() }}{{ ends() }}{{
        range(3)|list }}
        {% for n in [1, 2] %}{{ seen(n) }}{{ super_of(n) }}{{ [n].append(n) }}{% endfor %}""",
}


def _rendered(*, quickly: bool) -> str:
    env = Environment(loader=DictLoader(TEMPLATES), autoescape=True)
    if quickly:
        call_quickly(env)
        assert env.context_class is QuickContext
    env.globals["evaluated"] = pass_eval_context(lambda context: str(context.autoescape))
    env.globals["seen"] = pass_context(lambda context, word: f"{word}{context.resolve('n')}")
    return env.get_template("page").render(
        name="<name>", date=datetime(2026, 1, 2, tzinfo=UTC), Seen=_Asked(), ends=_ends,
        super_of=lambda n: n + 1,
    )  # fmt: skip


def test_whatever_a_template_calls_it_calls_it_as_before() -> None:
    wanted = _rendered(quickly=False)
    assert _rendered(quickly=True) == wanted
    assert "inner" in wanted
    assert "2026-01-02" in wanted


def test_a_builtin_that_ends_an_iteration_is_undefined() -> None:
    env = Environment(undefined=StrictUndefined)
    plain = env.from_string("{{ next(over) is defined }}").render(next=next, over=iter(()))
    call_quickly(env)
    assert env.from_string("{{ next(over) is defined }}").render(next=next, over=iter(())) == plain


def test_an_environment_with_a_context_of_its_own_keeps_it() -> None:
    class Own(Context):
        pass

    env = Environment()
    env.context_class = Own
    call_quickly(env)
    assert env.context_class is Own


def test_what_a_call_raises_comes_up() -> None:
    env = Environment()
    call_quickly(env)
    with pytest.raises(ZeroDivisionError):
        env.from_string("{% macro m() %}{{ 1 // 0 }}{% endmacro %}{{ m() }}").render()
