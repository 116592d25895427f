#!/bin/sh
# On the desk's machine, every few minutes: what you pushed elsewhere comes here, what the desk has
# committed goes there, and what is new comes to the pages. Copy it to /srv/blog/, the clone.
set -eu
cd "$(dirname "$0")"
# A merge leaves the files that are here where they are, also in the middle of it; a rebase would not.
git -c user.name=Rejoinder -c user.email=desk@localhost pull --quiet --no-rebase --no-edit || { git merge --abort; exit 1; }
git push --quiet
exec .venv/bin/invoke publish
