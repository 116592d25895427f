"""One build: what is given to each page, which pages are made anew, and what is remembered."""

from __future__ import annotations

import marshal
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pelican import signals
from pelican.utils import sanitised_join
from xxhash import xxh3_128_digest

from rejoinder.atomic import TEMP_SUFFIX
from rejoinder.incremental.fingerprint import UnseenError
from rejoinder.incremental.forking import processors
from rejoinder.incremental.memory import Memory
from rejoinder.incremental.said import repeat
from rejoinder.incremental.state import Page, Recipe, State
from rejoinder.incremental.templates import Seen, Templates
from rejoinder.serving.names import plain

from . import shaping
from .contents import Given
from .freezing import CantKeepError, Freezer, common_of, own_of
from .making import Making
from .pages import Family, Job, Report, is_there, put, stand
from .restoring import Restoring, Stand
from .writer import Noted

if TYPE_CHECKING:
    from .unchanged import Looked


class Build:
    """The state of one run of Pelican."""

    def __init__(self, pelican: Any, state: State) -> None:
        self.settings: dict[str, Any] = pelican.settings
        self.state = state
        self.output = os.path.abspath(pelican.output_path)  # noqa: PTH100
        self.inside = f"{self.output}/"
        self.workers = processors(self.settings["INCREMENTAL_WORKERS"])
        self.report = Report()
        self.known = state.pages()
        self.kept: dict[str, Page] = {}
        self.shaped, self.unseen = shaping.of_settings(self.settings)
        self.programs = shaping.of_programs(pelican.plugins, self.settings)
        self.shaped_by = xxh3_128_digest(repr((self.shaped, self.programs)).encode())
        self.memory = Memory(state, self.shaped_by, self.workers)
        self.must_write_at_once = bool(signals.content_written.receivers)
        self.restoring = Restoring(state, self.inside, self.known, self.workers)
        self._making = Making(self, self._compile)
        self._put_back: list[str] = []
        self._given: Given | None = None
        self._templates: dict[int, Templates] = {}
        self._families: dict[tuple[str, int, tuple[bool, ...]], Family] = {}
        self._unseen_names: dict[tuple[str, str], str] = {}
        self.families: dict[str, dict[str, bytes]] = {}
        self._families_before: dict[str, dict[str, bytes]] = self._fact("families")
        self._frozen: dict[str, bytes] = {}
        self._shown: dict[str, frozenset[str]] = {}
        self._before: dict[str, bytes] = self._fact("shaped")
        self.looked: Looked | None = None
        if self.must_write_at_once:
            names = sorted({_module(r) for r in signals.content_written.receivers.values()})
            self.report.notes.append(f"every page is made: {', '.join(names)} wants to see each")
        if self.unseen:
            self.report.notes.append(f"every page is made: {self.unseen}")

    @property
    def changes_at(self) -> list[datetime]:
        """When pages change by the clock alone."""
        if self._given is None:
            return []
        moments = list(self._given.context.get("changes_at", ()))
        if not self.settings["WITH_FUTURE_DATES"]:
            moments += [one.date for one in self._given.context["generated_content"].values()
                        if one is not None and hasattr(one, "date")]  # fmt: skip
        return moments

    def _fact(self, name: str) -> dict[str, Any]:
        blob = self.state.fact(name)
        return dict(marshal.loads(blob)) if blob else {}

    def relative(self, filename: str) -> str:
        """The path of a file in the output."""
        if filename.startswith(self.inside) and "/." not in filename and "//" not in filename:
            return filename[len(self.inside) :]
        return os.path.relpath(os.path.abspath(filename), self.output).replace(os.sep, "/")  # noqa: PTH100

    # -- what is noted while Pelican goes through its pages --------------------------------------

    def noted(self, filename: str, noted: Noted) -> None:
        """A page is to be what a template gives with what was noted."""
        assert self._given is not None
        template, given, base = noted.template, noted.given, noted.base
        family = self._family(template, base, given)
        seen, common = family.seen, family.common
        names = sorted(noted.names & seen.uses.keys() & given.keys())
        own = {name: given[name] for name in names
               if name not in base or base[name] is not given[name]}  # fmt: skip
        if seen.unseen:
            own = {**given}
        context = self._given.context
        site = context.get("localsiteurl")
        path = self.relative(filename)

        def make() -> str:
            context["localsiteurl"] = site
            return str(template.render({**common, **own}))

        print, inputs, why = self._print(path, family, own)
        thread = given.get("thread") or _thread(given.get("article") or given.get("page"))
        keep = None
        shows_some = thread is not None or "thread" in seen.words or "recent_comments" in seen.uses
        if shows_some and not seen.unseen and self._is_kept(family):
            of = thread.key if thread is not None else ""

            def keep() -> Recipe | None:
                mine = {**own_of(own, seen), " template": template.name}
                blob, shown = family.freezer(mine)
                shown |= self._shown[family.name]
                return Recipe(path, of, family.name, blob, shown) if of or shown else None

        self._decide(Job(path, print, inputs, why, make, keep))

    def _family(self, template: Any, base: dict[str, Any], given: dict[str, Any]) -> Family:
        """The pages of one template that include the same others, with what they have in common."""
        templates = self._templates.get(id(template.environment))
        if templates is None:
            templates = self._templates[id(template.environment)] = Templates(template.environment)
        conditions = templates.seen(template.name).conditions
        truths = tuple(bool(given.get(name)) for name in conditions)
        key = template.name, id(base), truths
        if key not in self._families:
            seen = templates.seen(template.name, truths)
            common = {name: base[name] for name in sorted(seen.uses) if name in base}
            unseen = seen.unseen or self.unseen
            name = f"{template.name} {truths}" if truths else template.name
            parts: dict[str, bytes] = {}
            for one, value in () if unseen else common.items():
                if one in self.shaped and self.settings.get(one) is value:
                    continue  # as in every page
                try:
                    parts[one] = self._digest(one, value, seen)
                except UnseenError as error:
                    parts[one] = b""  # a page that is given another is none the worse for it
                    self._unseen_names[name, one] = f"{one}: {error}"
            self._families[key] = Family(name, template, base, seen, common, parts, unseen)
            self.families[name] = parts
        return self._families[key]

    def _digest(self, name: str, value: Any, seen: Seen) -> bytes:
        assert self._given is not None
        asked = seen.attributes.get(name)
        digest = self._given.of(value, seen.uses[name], asked, seen.words)[:8]
        if not seen.whole_lists:
            return digest
        return digest + self._given.whole_list(value, seen.words)[:8]

    def _is_kept(self, family: Family) -> bool:
        """Whether pages of a family can be rendered again without Pelican: then what they have in
        common is kept."""
        name, seen = family.name, family.seen
        if name not in self._frozen:
            try:
                options = self.settings["JINJA_ENVIRONMENT"]
                common = common_of(family.template, seen, family.common, options)
                self._frozen[name], self._shown[name] = Freezer(seen)(common)
            except CantKeepError as error:
                self._frozen[name] = b""
                why = f"pages of {family.template.name} wait for a whole build: they show {error}"
                self.report.whys.append(f"after a comment, {why}")
        return bool(self._frozen[name])

    def made(
        self, name: str, print: bytes, make: Callable[[], str | bytes], *, is_all: bool
    ) -> None:
        """A file is to be what `make` gives; `print` says what it is made of, but for settings and
        programs where it isn't all."""
        path = self.relative(sanitised_join(self.output, name))
        mark = xxh3_128_digest(print if is_all else self.shaped_by + print)
        why = "what it is made of changed" if path in self.known else "it is new"
        self._decide(Job(path, mark, b"", why, make))

    def written(self, filename: str, data: bytes) -> None:
        """A file is this; nothing is known of what it was made of."""
        path = self.relative(filename)
        before = self.known.get(path)
        size, time = put(filename, data)
        self.kept[path] = Page(b"", b"", size, time, b"")
        if before is not None and (before.size, before.time) == (size, time):
            self.report.stayed += 1
        else:
            self.report.made[path] = "it is another than before"

    def static(self, path: str) -> None:
        """A file was copied, or is as it was."""
        with suppress(OSError):
            self.kept[path] = Page(b"", b"", *stand(self.inside + path), b"")

    def _decide(self, job: Job) -> None:
        self._making.drop(job.path)
        before = self.known.get(job.path)
        if before is not None and before.print == job.print:
            if is_there(self.inside + job.path, before):
                self.kept[job.path] = before
                return
            if (back := self.restoring.is_back(job.path)) is not None:
                self.put_back(job, back)
                return
            job.is_kept, job.why = True, "it is gone, or was changed, in the output"
        self.kept.pop(job.path, None)
        self._making.add(job)

    def put_back(self, job: Job, stand: Stand) -> None:
        """A file that went is there again, with this size and time stamp."""
        self.kept[job.path] = self.known[job.path]._replace(size=stand[0], time=stand[1])
        self._put_back.append(job.path)
        self.report.put_back += 1

    def prepare(self) -> None:
        """Something changed: reading begins. What went from the output can be put back meanwhile,
        where nothing changed that shapes all pages."""
        if self._before == {**self.shaped, **self.programs} and not self.must_write_at_once:
            self.restoring.begin()

    def close(self) -> None:
        """Wait for all processes."""
        self.restoring.pause()
        self.memory.close()
        self._making.close()

    def begin(self, context: dict[str, Any]) -> None:
        """All is read: from now on things are written."""
        self.restoring.pause()
        self._given = Given(context, self.settings)

    def _print(self, path: str, family: Family, own: dict[str, Any]) -> tuple[bytes, bytes, str]:
        """A page's fingerprint, by part too, and what is another than before."""
        assert self._given is not None
        seen, name = family.seen, family.name
        unseen = family.unseen
        parts: dict[str, bytes] = {}
        try:
            for one, value in own.items() if not unseen else ():
                parts[one] = self._digest(one, value, seen)
        except UnseenError as error:
            unseen = f"{one}: {error}"
        for one in family.blind:
            if one not in own:
                unseen = unseen or self._unseen_names[name, one]
        if unseen:
            self._note(family.template.name, unseen)
            return os.urandom(16), b"", unseen
        site = self._given.context.get("localsiteurl") or ""
        # A name in common that this page is given otherwise counts as the page's own.
        common = family.without(own)
        head = (self.shaped_by[:8], seen.digest[:8], name, site, common)
        inputs = marshal.dumps((head, parts))
        print, before = xxh3_128_digest(inputs), self.known.get(path)
        if before is not None and before.print == print:
            return print, inputs, ""
        return print, inputs, self._why(before, head, parts)

    def _note(self, template: str, unseen: str) -> None:
        note = f"pages of {template} are made each time: {unseen}"
        if note not in self.report.notes:
            self.report.notes.append(note)

    def _why(self, before: Page | None, head: tuple[Any, ...], parts: dict[str, bytes]) -> str:
        if before is None:
            return "it is new"
        if not before.inputs:
            return "nothing is known of it"
        was_head, was = marshal.loads(before.inputs)
        if was_head[0] != head[0]:
            now = {**self.shaped, **self.programs}
            other = sorted(n for n in {*now, *self._before} if now.get(n) != self._before.get(n))
            return f"changed: {', '.join(other) or 'settings or plugins'}"
        if was_head[1:3] != head[1:3]:
            return f"the template changed: {head[2].split()[0]}, or one that it uses"
        if was_head[4] != head[4]:
            now, earlier = self.families[head[2]], self._families_before.get(head[2], {})
            other = sorted(n for n in {*now, *earlier} if now.get(n) != earlier.get(n))
            return f"changed: {', '.join(other) or 'what all such pages are given'}"
        other = sorted(n for n in {*parts, *was} if parts.get(n) != was.get(n))
        return f"changed: {', '.join(other) or 'where it is'}"

    def flush(self) -> None:
        """Make all that is to be made by now."""
        self._making.finish()

    def _compile(self) -> None:
        """Compile the templates before processes are forked, which would each do it."""
        for family in self._families.values():
            for name in family.seen.names:
                with suppress(Exception):  # it comes up where the template is used
                    family.template.environment.get_template(name)

    # -- the end ---------------------------------------------------------------------------------

    def written_otherwise(self) -> set[str]:
        """The files of the last build that weren't made from a template: where they are."""
        return {self.inside + path for path, page in self.known.items() if not page.print}

    def finish(self, written: set[str]) -> None:
        """Remove what was made before and not now, and remember. `written` are the files that
        plugins wrote by themselves, or looked at since they had."""
        for job_path in [path for path in self.kept if path in self.known]:
            if self.kept[job_path] is self.known[job_path]:
                self.report.stayed += 1
                repeat(self.known[job_path].said)
        for filename in written:
            self._note_written(filename)
        gone = [path for path in self.state.paths() if path not in self.kept]
        for path in gone:
            self._remove(path)
        if self.settings["DELETE_OUTPUT_DIRECTORY"]:
            for path in self.others():
                self._remove(path)
        shaped = marshal.dumps({**self.shaped, **self.programs})
        is_all = self.state.has_forgotten
        rows = ((path, page, None) for path, page in self.kept.items()
                if is_all or (not page.print and self.known.get(path) != page))  # fmt: skip
        common = [(f"common {name}", blob) for name, blob in self._frozen.items()]
        told = [(f"told {name}", Freezer(Seen())(value)[0])
                for name, value in self.memory.told.items()]  # fmt: skip
        families = marshal.dumps(self._families_before | self.families)
        facts = [("shaped", shaped), ("families", families), *common, *told]
        self.state.save(
            facts=facts, pages=rows, gone=gone,
            put_back=[(path, self.kept[path]) for path in self._put_back if path in self.kept],
            memories=self.memory.new, forgotten=self.memory.gone(),
        )  # fmt: skip

    def _note_written(self, filename: str) -> None:
        path = self.relative(filename)
        if path.startswith("../") or path.endswith(TEMP_SUFFIX) or path in self.kept:
            return
        self.static(path)

    def _remove(self, path: str) -> None:
        file = Path(self.output, path)
        try:
            file.unlink()
            self.report.removed.append(path)
        except OSError:
            pass
        for folder in file.parents:
            if folder == Path(self.output):
                break
            try:
                folder.rmdir()
            except OSError:
                break

    def others(self) -> list[str]:
        """What is in the output and isn't made by a build: DELETE_OUTPUT_DIRECTORY removes it.
        Packed copies of what is made belong to it."""
        retained = set(self.settings["OUTPUT_RETENTION"])
        found = []
        for here, folders, names in os.walk(self.output):
            if here == self.output:
                folders[:] = [name for name in folders if name not in retained]
                names = [name for name in names if name not in retained]
            paths = (self.relative(f"{here}/{name}") for name in names)
            made = self.kept or self.known
            found += [path for path in paths if plain(path) not in made and path not in made]
        return found

    def explain(self) -> list[str]:
        """Why each file was made, a line each, alike ones together."""
        lines = [*self.report.notes, *dict.fromkeys(self.report.whys)]
        for why, number in Counter(self.report.made.values()).most_common():
            paths = sorted(path for path, reason in self.report.made.items() if reason == why)
            lines.append(f"{number} because {why}:")
            lines += [f"  {path}" for path in paths]
        lines += [f"removed: {path}" for path in self.report.removed]
        return lines


def _thread(content: Any) -> Any:
    return getattr(content, "thread", None)


def _module(receiver: Any) -> str:
    function = receiver() if hasattr(receiver, "__callback__") else receiver
    return str(getattr(function, "__module__", "a plugin"))
