"""Views from an access log, beside GoAccess and DuckDB's CSV reader.

    python -m bench.logs [--lines 300000] [--rounds 3] [--odd 0] [--json]

One seeded log in the combined format: 90 days, 3,000 posts, a fifth of the lines by bots, assets,
feeds and errors among the rest. Each counts views of each path and day by people, and each day's
different people; GoAccess fills some thirty panels more, and DuckDB tells bots by a plain word,
where ours goes by a list, tells readers of feeds and referrers apart, and remembers every line, so
that none counts twice. They run by turns on the same machine, with a warm file cache; the median of
the rounds counts. Memory is the largest sum of all processes of one. DuckDB is installed into
.cache/duckdb the first time; GoAccess is taken where it is there (Debian: goaccess).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.cache import from_pypi
from bench.machine import Cost, timed

DAYS = 90

OURS = """
import sys
from pathlib import Path
from rejoinder.engagement.logs.measuring import measure
if __name__ == "__main__":
    measure(Path(sys.argv[1]), [Path(sys.argv[2])])
"""
THEIRS = """
import duckdb, sys
db = duckdb.connect()
db.execute("set threads = ?", [int(sys.argv[3])])
db.execute('''create temp table hits as
select ip, stamp[2:12] as day, split_part(request, ' ', 2) as path, agent
from read_csv(?, delim=' ', quote='"', escape='"', header=false, auto_detect=false,
  columns={'ip': 'VARCHAR', 'a': 'VARCHAR', 'b': 'VARCHAR', 'stamp': 'VARCHAR', 'zone': 'VARCHAR',
  'request': 'VARCHAR', 'status': 'INTEGER', 'size': 'VARCHAR', 'referrer': 'VARCHAR',
  'agent': 'VARCHAR'}, ignore_errors=true)
where status in (200, 304) and request[1:4] = 'GET '
  and not regexp_matches(agent, '(?i)bot|crawl|spider|feed') and agent not in ('', '-')
  and not regexp_matches(request, '[.](css|js|svg|png|xml)')''', [sys.argv[2]])
views = db.execute("select day, path, count(*) from hits group by all").fetchall()
people = db.execute("select day, count(distinct (ip, agent)) from hits group by all").fetchall()
print(sum(row[2] for row in views), sum(row[1] for row in people))
"""


def lines(count: int, seed: int = 1) -> Iterator[str]:
    """A log of so many lines, in the order of their times."""
    chance = random.Random(seed)
    systems = "X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X"
    people = [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0."
        f"{build}.0 Safari/537.36"
        for system in systems for version in range(110, 142) for build in range(0, 40, 2)
    ]  # fmt: skip
    bots = ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"]  # fmt: skip
    readers = ["Feedly/1.0 (+http://www.feedly.com/fetcher.html; 131 subscribers; )",
               "NetNewsWire (RSS Reader; https://netnewswire.com/)"]  # fmt: skip
    posts = [f"/2026/{n % 12 + 1:02}/post-{n}/" for n in range(3000)]
    assets = ["/theme/css/main.css", "/theme/discussion.js", "/theme/icon.svg",
              *(f"/images/{n}.png" for n in range(200))]  # fmt: skip
    referrers = ["-", "-", "-", "https://www.google.com/", "https://blog.example/",
                 "https://t.co/a", *(f"https://site-{n}.example/" for n in range(300))]  # fmt: skip
    sizes = {path: chance.randrange(800, 90_000) for path in (*posts, *assets)}
    clients = [(f"{n % 223 + 1}.{n % 251}.{n % 241}.7", chance.choice(people))
               for n in range(60_000)]  # fmt: skip
    at, step = datetime(2026, 6, 1, tzinfo=UTC).timestamp(), DAYS * 86_400 / count
    for _ in range(count):
        at += chance.random() * 2 * step
        what = chance.random()
        status, (client, agent) = 200, clients[int(chance.random() ** 2 * len(clients))]
        if what < 0.2:
            agent, path = chance.choice(bots), chance.choice(posts)
        elif what < 0.55:
            path = chance.choice(assets)
        elif what < 0.6:
            agent, path = chance.choice(readers), "/feeds/all.atom.xml"
        elif what < 0.65:
            status, path = chance.choice((301, 404)), "/gone/"
        else:
            path = posts[int(chance.random() ** 3 * len(posts))]
        size = sizes.get(path, 512)
        stamp = f"{datetime.fromtimestamp(at, UTC):%d/%b/%Y:%H:%M:%S} +0000"
        yield (f'{client} - - [{stamp}] "GET {path} HTTP/1.1" {status} {size} '
               f'"{chance.choice(referrers)}" "{agent}"\n')  # fmt: skip


def with_odd(some: Iterable[str], percent: float, seed: int = 2) -> Iterator[str]:
    """Some lines, of which so many are as odd as servers write them: other protocols' bytes, users,
    escapes, more fields, none for the software."""
    chance = random.Random(seed)
    for line in some:
        if chance.random() * 100 >= percent:
            yield line
            continue
        before, request, middle, referrer, _, agent, _ = line.split('"')
        yield chance.choice((
            f'{before}"\\x16\\x03\\x01\\x02" 400 157 "-" "-"\n',
            f'{before}"-" 408 0 "-" "-"\n',
            line.replace(" - - ", " - ada ", 1),
            f'{before}"{request}"{middle}"{referrer}" "{agent} \\x22odd\\x22"\n',
            f'{before}"{request}"{middle}"{referrer}" "{agent}" rt=0.002\n',
            f'{before}"{request}"{middle.rstrip()}\n',
            f'2001:db8::{line.replace(".", ":", 3)}',
        ))  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--lines", type=int, default=300_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--odd", type=float, default=0, help="percent of odd lines")
    words.add_argument("--json", action="store_true")
    options = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-logs-") as scratch:
        folder = Path(scratch)
        log = folder / "access.log"
        with log.open("w", encoding="utf-8") as file:
            file.writelines(with_odd(lines(options.lines), options.odd))
        (folder / "ours.py").write_text(OURS)
        programs = {"ours": [sys.executable, str(folder / "ours.py"), "", str(log)]}
        goaccess, duckdb = shutil.which("goaccess"), from_pypi("duckdb", "duckdb", program="python")
        if goaccess:
            programs["goaccess"] = [
                goaccess, str(log), "--no-global-config", "--log-format=COMBINED",
                "--ignore-crawlers", "--no-progress", "-o", str(folder / "report.json"),
            ]  # fmt: skip
        if duckdb:
            threads = str(os.cpu_count() or 1)
            programs["duckdb"] = [str(duckdb), "-c", THEIRS, "", str(log), threads]
        found: dict[str, list[Cost]] = {name: [] for name in programs}
        for number in range(options.rounds):
            for name, command in programs.items():
                content = folder / f"site{number}" / "content"
                content.mkdir(parents=True, exist_ok=True)
                (content / "site.toml").write_text('url = "https://blog.example"\n')
                found[name].append(timed([part or str(content) for part in command]
                                         if name == "ours" else command, folder))  # fmt: skip
    rate = {name: options.lines / statistics.median(row.seconds for row in rows)
            for name, rows in found.items()}  # fmt: skip
    memory = {name: max(row.megabytes for row in rows) for name, rows in found.items()}
    summary = {"lines": options.lines, "lines_a_second": round(rate["ours"]),
               "peak_mb": round(memory["ours"], 1)}  # fmt: skip
    summary |= {f"lines_vs_{name}": round(rate["ours"] / rate[name], 3)
                for name in rate if name != "ours"}  # fmt: skip
    if options.json:
        print(json.dumps(summary))
        return
    print(f"{options.lines:,} lines, {timedelta(days=DAYS).days} days, {options.rounds} rounds")
    for name in rate:
        print(
            f"  {name:9} {rate[name]:>12,.0f} lines/s {memory[name]:>8,.0f} MB"
            + ("" if name == "ours" else f"   ours {rate['ours'] / rate[name]:.2f} times")
        )
    for name in ("goaccess", "duckdb"):
        if name not in rate:
            print(f"  {name} is not here, and is left out")


if __name__ == "__main__":
    main()
