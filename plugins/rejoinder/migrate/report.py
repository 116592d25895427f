"""What an import found, and what became of each: a table whose sums must close."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rejoinder.errors import ImportFailed, RejoinderError

MOST_PROBLEMS = 500


class Report:
    """The reconciliation of one import.

    `found` counts each thing by kind and status when it is read, `became` when its fate is
    settled: two counts made at two places. `changes` counts the files and lines that this run
    changed (or would, in a dry run); `problems` what was repaired or refused, in file order.
    """

    def __init__(self, source: Path, *, dry_run: bool = False) -> None:
        self.source = source
        self.dry_run = dry_run
        self.changes = 0
        self.notes: list[str] = []
        self.problems: list[RejoinderError] = []
        self.more_problems = 0
        self._found: Counter[tuple[str, str]] = Counter()
        self._became: Counter[tuple[str, str, str]] = Counter()

    def found(self, kind: str, status: str, count: int = 1) -> None:
        self._found[kind, status] += count

    def became(self, kind: str, status: str, what: str, count: int = 1) -> None:
        self._became[kind, status, what] += count

    def problem(self, line: int | None, what: str, mend: str | None = None) -> None:
        """Tell of something repaired or refused, at a line of the source."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(RejoinderError(what, where=self.source.name, line=line, mend=mend))
        else:
            self.more_problems += 1

    def reasoned(self, error: ImportFailed) -> ImportFailed:
        """Why a file was refused, with the first thing in it that could not be read."""
        if not self.problems:
            return error
        what = f"{error.what} ({self.problems[0]})"
        return ImportFailed(what, where=error.where, line=error.line, mend=error.mend)

    def count(self, kind: str, status: str | None = None, what: str | None = None) -> int:
        """How many of a kind became `what`; any status, any fate, where None."""
        return sum(
            number
            for (k, s, w), number in self._became.items()
            if k == kind and status in (None, s) and what in (None, w)
        )

    @property
    def gaps(self) -> list[tuple[str, str, int, int]]:
        """Kinds and statuses of which more, or fewer, were settled than found: kind, status,
        found, settled."""
        settled: Counter[tuple[str, str]] = Counter()
        for (kind, status, _), number in self._became.items():
            settled[kind, status] += number
        return [
            (kind, status, self._found[kind, status], settled[kind, status])
            for kind, status in sorted({*self._found, *settled})
            if self._found[kind, status] != settled[kind, status]
        ]

    @property
    def closes(self) -> bool:
        """Whether each thing that was found is accounted for. If not, that is our mistake."""
        return not self.gaps

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The table, the check of its sum, what was noted, and each problem on a line."""
        rows: list[tuple[str, ...]] = [("kind", "status", "found", "what became of it", "count")]
        settled = 0
        for kind, status in sorted({*self._found, *(key[:2] for key in self._became)}):
            fates = sorted(
                (what, number)
                for (k, s, what), number in self._became.items()
                if (k, s) == (kind, status)
            ) or [("unaccounted for", 0)]
            for index, (what, number) in enumerate(fates):
                settled += number
                head = (kind, status, str(self._found[kind, status])) if index == 0 else ("",) * 3
                rows.append((*head, what, str(number)))
        rows.append(("sum", "", str(sum(self._found.values())), "", str(settled)))
        lines = _aligned(rows)
        lines.insert(-1, "-" * max(len(line) for line in lines))
        if self.closes:
            lines.append("Everything that was found is accounted for.")
            if self.problems:
                lines.append("What could not be read at all is not in this table: see below.")
        else:
            lines.append("THE SUM DOES NOT CLOSE. This is a mistake of the import, please report:")
            lines += [f"  {k} {s}: {f} found, {n} accounted for" for k, s, f, n in self.gaps]
        lines += self.notes
        if self.problems:
            lines += ["", "Repaired or refused:"] + [f"  {problem}" for problem in self.problems]
        if self.more_problems:
            lines.append(f"  … and {self.more_problems} more")
        sum_up = counted(self.changes, "change")
        if self.dry_run:
            sum_up += " to make; this was a dry run and nothing was written"
        lines += ["", f"{sum_up}."]
        return "\n".join(lines)


def counted(number: int, noun: str) -> str:
    """A number of things: '1 comment', '2 comments'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    right = (2, 4)
    return [
        "  ".join(
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i])
            for i, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
