"""What doesn't depend on a site is done once for all builds of a fork server: its templates' code,
and what they can read. Both are kept by the template's text and what its environment can do."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateNotFound
from jinja2.bccache import Bucket

from rejoinder.incremental.compiled import Compiled
from rejoinder.incremental.templates import Templates


def share(folder: Path) -> None:
    """Keep both in a folder from now on."""
    load, dump, read = Compiled.load_bytecode, Compiled.dump_bytecode, Templates._read

    def load_bytecode(self: Compiled, bucket: Bucket) -> None:
        load(self, bucket)
        path = folder / _named(bucket.environment, bucket.key, bucket.checksum)
        if bucket.code is None and path.exists():
            bucket.bytecode_from_string(path.read_bytes())
            dump(self, bucket)

    def dump_bytecode(self: Compiled, bucket: Bucket) -> None:
        dump(self, bucket)
        path = folder / _named(bucket.environment, bucket.key, bucket.checksum)
        _write(path, bucket.bytecode_to_string())

    def read_once(self: Templates, name: str) -> Any:
        try:
            source, _, _ = self.env.loader.get_source(self.env, name)  # type: ignore[union-attr]
        except TemplateNotFound:
            return None
        path = folder / _named(self.env, name, source, *sorted(self.filters_with_context))
        if not path.exists():
            _write(path, pickle.dumps(read(self, name)))
        return pickle.loads(path.read_bytes())

    replacing: list[tuple[type, str, Callable[..., Any]]] = [
        (Compiled, "load_bytecode", load_bytecode),
        (Compiled, "dump_bytecode", dump_bytecode),
        (Templates, "_read", read_once),
    ]
    for where, name, function in replacing:
        setattr(where, name, function)


def _named(env: Environment, *words: str) -> str:
    able = [
        f"{name} {getattr(function, 'jinja_pass_arg', '')}"
        for functions in (env.filters, env.tests)
        for name, function in sorted(functions.items())
    ]
    options = [str(env.trim_blocks), str(env.lstrip_blocks), str(env.autoescape), *env.extensions]
    return sha256("\0".join([*words, *able, *options]).encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    aside = path.with_name(f"{path.name}-{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(path)
