"""The files of an export: a folder, or a zip archive that is read as if it were one."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from rejoinder.errors import ImportFailed

LARGEST = 256 << 20
"""No file in an archive may be larger than this many bytes, unpacked."""

_NOBODYS = frozenset({"node_modules", "__MACOSX"})


class Files:
    """Files by their paths below the root. Hidden ones (`.git`), what a link leads outside to, and
    what other programs put there are none; a folder that an archive has all its files in is the
    root, if it isn't called `own`."""

    def __init__(self, root: Path, own: str = "") -> None:
        """Raises ImportFailed for what is neither a folder nor a zip archive, OSError."""
        self.root = root
        self._archive: zipfile.ZipFile | None = None
        self._places = _walked(root) if root.is_dir() else self._listed(own)

    @property
    def names(self) -> list[str]:
        """All paths, with slashes, sorted."""
        return sorted(self._places)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises ImportFailed for one that can't be read, or is too large."""
        place = self._places[name]
        try:
            if self._archive is None:
                return Path(place).read_bytes()
            info = self._archive.getinfo(place)
            if info.file_size > LARGEST:
                raise ImportFailed(f"{name} is larger than {LARGEST >> 20} MB", where=self.root)
            return self._archive.read(info)
        except (
            OSError,
            zipfile.BadZipFile,
            zlib.error,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise ImportFailed(f"{name} can't be read: {error}", where=self.root) from error

    def _listed(self, own: str) -> dict[str, str]:
        try:
            self._archive = zipfile.ZipFile(self.root)
        except (zipfile.BadZipFile, OSError) as error:
            raise ImportFailed(
                f"this is neither a folder nor a zip archive: {error}", where=self.root
            ) from error
        names = [name for name in self._archive.namelist()
                 if not name.endswith("/") and _is_ours(PurePosixPath(name).parts)]  # fmt: skip
        tops = {name.partition("/")[0] for name in names}
        is_one = len(tops) == 1 and own not in tops and all("/" in name for name in names)
        front = f"{tops.pop()}/" if is_one else ""
        return {name.removeprefix(front): name for name in names}


def _walked(root: Path) -> dict[str, str]:
    real = root.resolve()
    found = {}
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if _is_ours((name,))]
        for name in names:
            path = Path(folder, name)
            outside = path.is_symlink() and not path.resolve().is_relative_to(real)
            if _is_ours((name,)) and not outside and path.is_file():
                found[path.relative_to(root).as_posix()] = str(path)
    return found


def _is_ours(parts: tuple[str, ...]) -> bool:
    return not any(part.startswith(".") or part in _NOBODYS for part in parts)
