"""What a template can read: found in its source, so that a page's inputs are known before it is
rendered. A page is given nothing else, so it can't read what wasn't seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeGuard

from jinja2 import Environment, TemplateNotFound, meta, nodes
from xxhash import xxh3_128, xxh3_128_digest


class Use(IntEnum):
    """How much of a value is read, from little to all: whether it is empty and how long it is;
    the first of each pair in it; that, and how long the second is; the whole."""

    LENGTH = 0
    KEYS = 1
    COUNTS = 2
    WHOLE = 3


@dataclass(slots=True)
class Seen:
    """What a template, with all that it extends, includes and imports, reads: names by how much,
    the digest of all sources, why it can't be told (`unseen`, '' where it can), and whether a
    whole list is reached through a page of it. `words` are all attributes and texts in it,
    `filters` the names of its filters and tests, `globals` those of the environment's that it uses,
    `attributes` what alone is asked of a name (None where that isn't all), `names` the templates.
    Whether some of these are included depends on the truth of `conditions`, names of the page's."""

    uses: dict[str, Use] = field(default_factory=dict)
    digest: bytes = b""
    unseen: str = ""
    whole_lists: bool = False
    words: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    globals: frozenset[str] = frozenset()
    attributes: dict[str, frozenset[str] | None] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Templates:
    """The templates of one environment, each looked through once."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._seen: dict[tuple[str, tuple[bool, ...] | None], Seen] = {}
        self._one: dict[str, _One | None] = {}
        self.filters_with_context = {
            name
            for kind in (env.filters, env.tests, env.globals)
            for name, function in kind.items()
            if str(getattr(function, "jinja_pass_arg", "")).endswith("PassArg.context")
            and not hasattr(function, "reads")  # it says what it reads
            and getattr(function, "__module__", "") != "jinja2.filters"  # they read nothing of it
        } | {"random", "lipsum"}  # another each time
        self.read_by: dict[str, Mapping[str, tuple[str, ...]]] = {
            name: function.reads
            for kind in (env.filters, env.tests, env.globals)
            for name, function in kind.items()
            if hasattr(function, "reads")
        }

    def seen(self, name: str, truths: tuple[bool, ...] | None = None) -> Seen:
        """What the template `name` reads, at most, or where its conditions have these `truths`.
        Raises what Jinja raises for a broken template."""
        if (name, truths) not in self._seen:
            conditions = self.seen(name).conditions if truths is not None else ()
            is_so = dict(zip(conditions, truths or (), strict=True))
            self._seen[name, truths] = self._look(name, is_so)
        return self._seen[name, truths]

    def _look(self, name: str, is_so: Mapping[str, bool]) -> Seen:
        found = Seen()
        conditions: set[str] = set()
        stored: set[str] = set()
        hashed = xxh3_128()
        waiting, known = [name], {name}
        while waiting:
            here = waiting.pop()
            one = self._load(here)
            if one is None:
                hashed.update(f"no {here}\0".encode())
                continue
            hashed.update(here.encode() + b"\0" + one.digest)
            found.unseen = found.unseen or one.unseen
            found.whole_lists |= one.whole_lists
            found.words |= one.words
            for used, asked in one.attributes.items():
                found.attributes[used] = _both(found.attributes.get(used, frozenset()), asked)
            found.filters |= one.filters
            found.globals |= one.globals
            for used, use in one.uses.items():
                found.uses[used] = max(use, found.uses.get(used, Use.LENGTH))
            stored |= one.stored
            for other, condition, wanted in one.others:
                if condition:
                    conditions.add(condition)
                    if is_so.get(condition, wanted) != wanted:
                        continue
                path = self.env.join_path(other, here)
                if path not in known:
                    known.add(path)
                    waiting.append(path)
        found.digest = hashed.digest()
        found.conditions = tuple(sorted(conditions - stored))
        found.names = tuple(name for name in sorted(known) if self._one.get(name) is not None)
        return found

    def _load(self, name: str) -> _One | None:
        if name not in self._one:
            self._one[name] = self._read(name)
        return self._one[name]

    def _read(self, name: str) -> _One | None:
        assert self.env.loader is not None
        try:
            source, _, _ = self.env.loader.get_source(self.env, name)
        except TemplateNotFound:
            return None
        tree = self.env.parse(source, name)
        names = meta.find_undeclared_variables(tree)
        others: list[tuple[str, str, bool]] = []
        unseen = ""
        by_functions: dict[str, frozenset[str] | None] = {}
        conditions = _conditions(tree, names)
        for node in tree.find_all(_REFERENCES):
            for other in meta.find_referenced_templates(nodes.Template([node])):
                if other is None:
                    unseen = f"{name} includes one whose name is only known when it is rendered"
                else:
                    others.append((other, *conditions.get(id(node), ("", True))))
        for call in tree.find_all((nodes.Filter, nodes.Test, nodes.Name)):
            assert isinstance(call, nodes.Filter | nodes.Test | nodes.Name)
            if call.name in self.filters_with_context:
                unseen = f"{name} uses {call.name!r}, which can read the whole context"
            for read, words in self.read_by.get(call.name, {}).items():
                by_functions[read] = frozenset(words) or None
        uses = dict.fromkeys(names, Use.LENGTH) | dict.fromkeys(by_functions, Use.WHOLE)
        for used, use in _uses(tree):
            if used in names:
                uses[used] = max(use, uses[used])
        attributes = _attributes(tree, names)
        for used, asked in by_functions.items():
            attributes[used] = _both(asked, attributes.get(used, frozenset()))
        lists = any(_reaches_list(node) for node in tree.find_all(nodes.Getattr))
        asked_for = {node.attr for node in tree.find_all(nodes.Getattr)} | {
            word for node in tree.find_all(nodes.Const) if isinstance(node.value, str)
            for word in node.value.split(".")
        } | {word for asked in by_functions.values() for word in asked or ()}  # fmt: skip
        filters = {one.name for kind in (nodes.Filter, nodes.Test) for one in tree.find_all(kind)}
        stored = {one.name for one in tree.find_all(nodes.Name) if one.ctx != "load"}
        globals_ = {one.name for one in tree.find_all(nodes.Name) if one.name in self.env.globals}
        return _One(uses, others, xxh3_128_digest(source.encode()), unseen, lists,
                    frozenset(asked_for), frozenset(filters), frozenset(globals_), attributes,
                    frozenset(stored))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _One:
    """The same of one source alone; `others` are the templates that it names, each with the name
    on whose truth that depends ('' where it doesn't), and which truth; `stored` are names that are
    set in it."""

    uses: dict[str, Use]
    others: list[tuple[str, str, bool]]
    digest: bytes
    unseen: str
    whole_lists: bool
    words: frozenset[str]
    filters: frozenset[str]
    globals: frozenset[str]
    attributes: dict[str, frozenset[str] | None]
    stored: frozenset[str]


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """What is asked of a name in two places; None where that isn't all."""
    return None if one is None or other is None else one | other


_REFERENCES = (nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)


def _conditions(tree: nodes.Template, names: set[str]) -> dict[int, tuple[str, bool]]:
    """Of each `include` (by id) that stands in an `if NAME` or `if not NAME`: the name, and what
    it must be."""
    found: dict[int, tuple[str, bool]] = {}
    for one in tree.find_all(nodes.If):
        test, wanted = one.test, True
        if isinstance(test, nodes.Not):
            test, wanted = test.node, False
        if isinstance(test, nodes.Name) and test.name in names:
            for part in one.body:
                inside = [part] if isinstance(part, nodes.Include) else part.find_all(nodes.Include)
                found |= {id(include): (test.name, wanted) for include in inside}
    return found


def _attributes(tree: nodes.Template, names: set[str]) -> dict[str, frozenset[str] | None]:
    """What is asked of each name, where nothing else is done with it."""
    asked: dict[str, set[str]] = {name: set() for name in names}
    through: dict[str, int] = dict.fromkeys(names, 0)
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in names:
            asked[node.node.name].add(node.attr)
            through[node.node.name] += 1
    for one in tree.find_all(nodes.If):  # whether it is there is told by its kind
        test = one.test.node if isinstance(one.test, nodes.Not) else one.test
        if isinstance(test, nodes.Name) and test.name in names:
            through[test.name] += 1
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name in names:
            through[name.name] -= 1
    return {name: frozenset(asked[name]) if not through[name] else None for name in names}


def _uses(node: nodes.Node) -> Iterator[tuple[str, Use]]:
    """Every place where a name is read, and how much of its value that place reads."""
    if isinstance(node, nodes.Name):
        if node.ctx == "load":
            yield node.name, Use.WHOLE
        return
    if _is_length(node):
        assert isinstance(node.node, nodes.Name)
        yield node.node.name, Use.LENGTH
        return
    if isinstance(node, nodes.If) and isinstance(node.test, nodes.Name):
        yield node.test.name, Use.LENGTH
        for part in (*node.body, *node.elif_, *node.else_):
            yield from _uses(part)
        return
    if isinstance(node, nodes.For):
        listed, use = _pairs(node)
        if listed:
            yield listed, use
            for part in (*node.body, *node.else_):
                yield from _uses(part)
            return
    for child in node.iter_child_nodes():
        yield from _uses(child)


def _is_length(node: nodes.Node) -> TypeGuard[nodes.Filter]:
    return (
        isinstance(node, nodes.Filter)
        and node.name in ("length", "count")
        and isinstance(node.node, nodes.Name)
    )


def _pairs(loop: nodes.For) -> tuple[str, Use]:
    """The name of a list of pairs that a loop goes through without looking into the second of
    each, and how much it reads then; '' of another loop."""
    listed = loop.iter
    if isinstance(listed, nodes.Filter) and listed.name == "sort" and not (
        listed.args or listed.kwargs
    ):  # fmt: skip
        assert listed.node is not None
        listed = listed.node
    target = loop.target
    if not (
        isinstance(listed, nodes.Name)
        and isinstance(target, nodes.Tuple)
        and len(target.items) == 2
        and isinstance(target.items[1], nodes.Name)
        and loop.test is None
    ):
        return "", Use.WHOLE
    second = target.items[1].name
    read = [use for part in loop.body for name, use in _uses(part) if name == second]
    # What a template includes there is given the name too.
    if any(isinstance(part, nodes.Include) or part.find(nodes.Include) for part in loop.body):
        return "", Use.WHOLE
    if max(read, default=Use.LENGTH) > Use.LENGTH:
        return "", Use.WHOLE
    return listed.name, Use.COUNTS if read else Use.KEYS


def _reaches_list(node: nodes.Getattr) -> bool:
    """Whether this is `….paginator.object_list`, `articles_paginator.page` or the like."""
    if node.attr not in ("object_list", "page"):
        return False
    inner = node.node
    if isinstance(inner, nodes.Getattr):
        return inner.attr == "paginator"
    return isinstance(inner, nodes.Name) and inner.name.endswith("paginator")
