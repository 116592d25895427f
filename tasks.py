"""Every task of this site. On a bare machine: `python3 tasks.py serve`, `python3 tasks.py test`.

The first run makes `.venv` with all that is needed, then hands over to invoke; from then on
`.venv/bin/invoke TASK` is the same thing.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
FOR_DEVELOPERS = {"test", "lint", "bench", "catalogues", "manual", "scripts"}


def set_up(extra):
    """Make `.venv` and install the project in it, unless that was done for this pyproject.toml."""
    wanted = hashlib.sha256((HERE / "pyproject.toml").read_bytes()).hexdigest()
    python = BIN / ("python.exe" if os.name == "nt" else "python")
    marks = [VENV / f"set-up-{name}" for name in ([extra] if extra else ["", "dev"])]
    if python.exists() and any(m.exists() and m.read_text() == wanted for m in marks):
        return
    if not python.exists():
        print("making .venv", flush=True)
        run = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
        if run.returncode:
            sys.exit(
                "error: Python could not make .venv. On Debian and Ubuntu: "
                "apt install python3-venv, remove .venv, and run this again."
            )
    what = f"{HERE}[{extra}]" if extra else str(HERE)
    print("installing what Rejoinder needs into .venv (a minute, the first time)", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--editable", what], check=False).returncode:
        sys.exit("error: pip could not install what Rejoinder needs; it says why above.")
    marks[0].write_text(wanted)


def hand_over(arguments):
    """Set up, then become invoke."""
    if sys.version_info < (3, 11):
        sys.exit("error: Rejoinder needs Python 3.11 or later; this is " + sys.version.split()[0])
    set_up("dev" if FOR_DEVELOPERS & set(arguments) else "")
    invoke = str(BIN / ("invoke.exe" if os.name == "nt" else "invoke"))
    command = [invoke, "--search-root", str(HERE), *(arguments or ["--list"])]
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(invoke, command)


if __name__ == "__main__":
    hand_over(sys.argv[1:])

from invoke import task  # noqa: E402 - only there once .venv is

from rejoinder.tasks import site_tasks  # noqa: E402

namespace = site_tasks(__file__)


def _run(*command):
    """Run a program of the project's own; its exit code is the task's."""
    set_up("dev")
    code = subprocess.run(command, cwd=HERE, check=False).returncode
    if code:
        sys.exit(code)


@task(
    help={
        "only": "which tests, as pytest's -k takes it",
        "browser": "only the browser tests",
        "pictures": "take the pictures that pages are compared with anew",
    }
)
def test(context, only="", browser=False, pictures=False):
    """Run all tests, three processes for two cores, since they wait for a third of their time.
    Those in a browser are skipped where there is no Chromium."""
    if pictures:
        os.environ["REJOINDER_BASELINES"] = "take"
        only = "test_nothing_is_wrong_with_a_page"
    chosen = (["-k", only] if only else []) + (["-m", "browser"] if browser else [])
    workers = str((os.cpu_count() or 1) * 3 // 2 or 1)
    _run(sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", *chosen)


@task
def lint(context):
    """Check style and types."""
    _run(sys.executable, "-m", "ruff", "check", ".")
    _run(sys.executable, "-m", "ruff", "format", "--check", ".")
    _run(sys.executable, "-m", "mypy")


@task(
    positional=["name"],
    help={
        "name": "which, as docs/benchmarks.md lists them",
        "json": "print one JSON object",
        "options": "sizes and the like, as its own --help says",
    },
)
def bench(context, name, json=False, options=""):
    """Run a benchmark."""
    if not (HERE / "bench" / f"{name}.py").is_file():
        sys.exit(f"error: there is no benchmark {name!r}; see docs/benchmarks.md")
    _run(sys.executable, "-m", f"bench.{name}", *(["--json"] if json else []), *options.split())


@task
def manual(context):
    """Build the pages of docs/ as a site, into output-manual/."""
    words = ("-s", str(HERE / "docs" / "manual.py"), "--fatal", "warnings")
    _run(sys.executable, "-m", "pelican", *words)


@task
def catalogues(context):
    """Put texts that the source asks for into Rejoinder's own catalogues, to be translated, and
    take out what it asks for no more."""
    from rejoinder.languages import catalogues, extracting

    asked = list(extracting.extract([HERE / "plugins", HERE / "theme" / "templates"]))
    for path in sorted(catalogues.OURS.glob("*.po")):
        known = catalogues.read(path, path.read_bytes())
        found = extracting.merged(known, extracting.template(asked, HERE))
        path.write_bytes(extracting.written(found))
        lacking = [one for one in found if not all(catalogues.forms(one.string)) and one.id]
        print(f"{path.name}: {len(found)} texts, {len(lacking)} to translate")


@task
def scripts(context):
    """Pack the discussion's scripts anew, after a change in plugins/comments/static/script/."""
    sys.path.insert(0, str(HERE / "plugins"))
    from comments import packing

    packing.pack()


namespace.add_task(test)
namespace.add_task(scripts)
namespace.add_task(catalogues)
namespace.add_task(manual)
namespace.add_task(bench)
namespace.add_task(lint)
