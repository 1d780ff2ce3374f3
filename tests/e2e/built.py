"""Whether what was built has everything in it: `python built.py FOLDER` compares it with the checkout.

Run by `.ci/run` on the folder that `python -m build` has filled.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

UNPACKAGED = {".git", ".venv", "build", "dist", ".hypothesis"}
"""Folders and files of a checkout that are no part of it."""

SHARED = (
    "share/man/man1/amitui.1",
    "share/bash-completion/completions/amitui",
    "share/zsh/site-functions/_amitui",
    "share/fish/vendor_completions.d/amitui.fish",
)


def sources() -> set[str]:
    """Every file of the checkout, relative to it; what tools leave behind aside."""
    found = set()
    for path in CHECKOUT.rglob("*"):
        parts = path.relative_to(CHECKOUT).parts
        made = any(part == "__pycache__" or part.endswith(("_cache", ".egg-info")) for part in parts)
        if path.is_file() and not made and parts[0] not in UNPACKAGED and path.name != "uv.lock":
            found.add("/".join(parts))
    return found


def missing_in_wheel(names: set[str], present: set[str]) -> set[str]:
    """What of the checkout, and of what is made for it, a wheel lacks.

    Args:
        names: of the checkout's files.
        present: of the wheel's.
    """
    wanted = {name for name in names if name.startswith("amitui/")}
    wanted |= {f"amitui/{name}" for name in names if name.startswith("styles/")}
    data = {name.partition(".data/data/")[2] for name in present}
    licences = {name.rpartition("/")[2] for name in present if ".dist-info/licenses/" in name}
    return (wanted - present) | (set(SHARED) - data) | ({"LICENSE"} - licences)


def main(folder: str) -> None:
    """Compare both; an exception names what is missing."""
    (sdist,), (wheel,) = Path(folder).glob("*.tar.gz"), Path(folder).glob("*.whl")
    names = sources()
    with tarfile.open(sdist) as archive:
        packed = {member.name.partition("/")[2] for member in archive if member.isfile()}
    with zipfile.ZipFile(wheel) as zipped:
        lacking = missing_in_wheel(names, set(zipped.namelist()))
        sizes = {one.filename: one.file_size for one in zipped.infolist()}
    if names - packed:
        raise SystemExit(f"{sdist.name} lacks {sorted(names - packed)}")
    if lacking:
        raise SystemExit(f"{wheel.name} lacks {sorted(lacking)}")
    empty = [name for name in sizes if ".data/" in name and not sizes[name]]
    if empty:
        raise SystemExit(f"{wheel.name} has empty files: {empty}")
    print(f"{len(packed):,} files in the sdist, {len(sizes):,} in the wheel: nothing is missing")


if __name__ == "__main__":
    main(sys.argv[1])
