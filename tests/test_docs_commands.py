"""Every command in the documents is run: typed here as it stands, or by a test that is named, or
it is one of the few that no test can run.

What is typed here finds a prepared site where its page says that it is, and small programs of the
names `ssh`, `gh` and `curl` in place of hosts. Paths like /srv/blog are folders of the test's own.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from commands import PAGES, Command, commands, inline, unmarked
from conftest import ROOT
from invoke.exceptions import ParseError
from invoke.parser import Parser, ParserContext
from places import ANSWERS, BEFORE, PIPED, PREPARED, Place, demo

TUTORIAL = ("test_tutorial.py", 'TUTORIAL = ROOT / "docs" / "tutorial.md"')
CROSSLINKS, ANNOUNCE = "profiles/test_crosslink_tasks.py", "profiles/test_announce.py"
ELSEWHERE = {
    ".venv/bin/invoke profiles add https://social.example/@nora": (
        CROSSLINKS, 'run(known, "profiles", "add", page'),
    "invoke profiles add https://social.example/@nora": (
        CROSSLINKS, 'run(known, "profiles", "add", page'),
    "invoke profiles add https://www.linkedin.com/in/nora": (
        CROSSLINKS, '"profiles", "add", "https://127.0.0.1:9/in/ada", "--name", "linkedin"'),
    ".venv/bin/invoke sync": (CROSSLINKS, 'run(known, "sync")'),
    "invoke sync": (CROSSLINKS, 'run(known, "sync")'),
    "invoke crosslinks": (CROSSLINKS, 'run(known, "crosslinks")'),
    "invoke portraits": (
        "replies/test_gravatar.py", 'invoke("portraits", "--content"'),
    "invoke announce rented-rooms": (ANNOUNCE, 'invoke("announce", *words'),
    "invoke import blogger ~/Takeout --fetch-media": (
        "migrate/entries/test_golden.py", 'export_of("blogger"), Wish(fetch=fetch)'),
    "invoke import medium medium-export.zip --fetch-media": (
        "migrate/entries/test_golden.py", "Wish(fetch=fetch)"),
    "curl http://127.0.0.1:8001/healthz": ("replies/test_running.py", 'ask(port, "/healthz")'),
    "sudo -u rejoinder .venv/bin/invoke queue": (
        "replies/test_desk.py", 'invoke("queue", "--content"'),
    "sudo -u rejoinder .venv/bin/invoke publish": (
        "replies/test_desk_elsewhere.py", "hosts.follow()"),
}  # fmt: skip
"""What needs a host, and is run by another test against one at loopback: which, and where there."""

NEVER = {
    "it runs the tests": ["python3 tasks.py test"],
    "it takes a registry of packages; the tutorial's test does the same in its folder": [
        "python3 -m venv .venv", ".venv/bin/pip install /path/to/rejoinder",
        ".venv/bin/pip install '/path/to/rejoinder[postgres,s3]'",
    ],
    "it installs packages of the system's": [
        "apt install wordpress mariadb-server php-cli php-mysql php-xml",
    ],
    "it changes the machine's users, or needs them": [
        "useradd --system --home-dir /var/lib/rejoinder --shell /usr/sbin/nologin rejoinder",
        "install --directory --owner rejoinder --group rejoinder content public",
        "install --directory --owner rejoinder --group rejoinder --mode 0700 private",
        "chown -R rejoinder: content private public",
        "chown -R 10001:10001 /srv/blog/content /srv/blog/private /srv/blog/public",
    ],
    "it changes the machine's services; tests/replies/test_running.py has systemd read the units": [
        "cp docs/examples/rejoinder-*.service docs/examples/rejoinder-*.timer /etc/systemd/system/",
        "systemctl daemon-reload",
        "systemctl enable --now rejoinder-desk.service rejoinder-backup.timer",
        "journalctl --unit rejoinder-desk --output cat --follow",
        "journalctl --unit rejoinder-desk --output cat --since today | jq --raw-input 'fromjson?'",
    ],
    "it fetches an image; tests/replies/test_running.py runs what the Containerfile does": [
        "podman build --file docs/examples/Containerfile --tag rejoinder-desk .",
        "podman run --detach --name desk --publish 127.0.0.1:8001:8001 "
        "--volume /srv/blog:/site \\\n"
        "--read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges "
        "--stop-timeout 60 \\\nrejoinder-desk",
    ],
}  # fmt: skip
MEASURED = "invoke bench "
"""Benchmarks are run by whoever wants their figures; they take minutes, and other programs."""


def is_run_elsewhere(command: Command) -> bool:
    return (
        command.page == "docs/tutorial.md" or command.text in ELSEWHERE
        or command.text.startswith(MEASURED)
        or any(command.text in group for group in NEVER.values())
    )  # fmt: skip


MARKED = [page for page in PAGES if commands(page)]
TYPED = {
    page: [one for one in commands(page) if not is_run_elsewhere(one)] for page in MARKED
}  # fmt: skip


@pytest.mark.parametrize("page", [page for page, typed in TYPED.items() if typed])
def test_each_command_does_what_the_page_says(page: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    PREPARED.get(page, demo)(place)
    for command in TYPED[page]:
        BEFORE.get((page, command.text), lambda _: None)(place)
        place.type(command)


def test_what_is_not_typed_here_is_run_elsewhere_or_cannot_be() -> None:
    told = {command.text for page in MARKED for command in commands(page)}
    assert {*ELSEWHERE, *(text for group in NEVER.values() for text in group)} <= told
    for file, words in (TUTORIAL, *ELSEWHERE.values()):
        assert words in (ROOT / "tests" / file).read_text("utf-8"), (file, words)
    for text in filter(lambda text: text.startswith(MEASURED), told):
        assert (ROOT / "bench" / f"{text.split()[2]}.py").is_file(), text
    assert {page for page, _ in BEFORE} | PREPARED.keys() <= TYPED.keys()
    typed = {(one.page, one.text) for page in TYPED.values() for one in page}
    assert BEFORE.keys() <= typed
    assert ANSWERS.keys() | PIPED.keys() <= {text for _, text in typed}


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_marked_as_such(page: str) -> None:
    assert unmarked(page) == []


def parsed(contexts: list[ParserContext], words: list[str]) -> str:
    """What invoke has against these words; '' is nothing."""
    try:
        Parser(contexts=contexts).parse_argv(words)
    except ParseError as error:
        return str(error)
    return ""


def test_commands_in_sentences_are_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    import tasks

    contexts = tasks.namespace.to_contexts()
    found = [text for page in PAGES for text in inline(page)]
    assert len(found) > 30
    for text in found:
        program, *words = shlex.split(text.replace("…", "x").replace("rejoinder.", ""))
        if program.endswith("invoke") and words[0] not in ("TASK", "--list", "--help"):
            said = parsed(contexts, words)
            assert said == "" or "did not receive required positional" in said, text
