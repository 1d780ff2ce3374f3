#!/usr/bin/env python3
"""Make a folder that runs amitui without an index, pip or a compiler, for a bastion: packages and a launcher.

    python3.12 deploy/archive.py dist/amitui-*.whl                          for a machine like this one
    python3.12 deploy/archive.py dist/amitui-*.whl --platform manylinux2014_aarch64 \\
        --platform manylinux_2_28_aarch64                                   for another

makes `amitui-VERSION-PLATFORM-py312.tar.gz`; there: `tar xzf FILE && amitui-*/amitui`. Native modules cannot be
imported from a zip file, hence a folder. It is made by the minor version of Python that will run it: pip judges
what a package needs by its own, and the folder holds byte code, so that the first start is as fast as all others.
The same wheels make the same archive, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"

LAUNCHER = """#!/bin/sh
# Runs amitui from the folder that this file is in; AMITUI_PYTHON names another Python @MINOR@.
file=$0
if [ -L "$file" ]; then file=$(readlink -f "$file"); fi
case $file in */*) here=${file%/*} ;; *) here=. ;; esac
if [ -n "$AMITUI_PYTHON" ]; then python=$AMITUI_PYTHON
elif command -v python@MINOR@ > /dev/null; then python=python@MINOR@
else python=python3; fi
# -S: packages of the machine's own Python are of other versions.
exec "$python" -S "$here/start.py" "$@"
"""

START = '''"""Runs amitui from the folder beside this file. Programs that it starts see nothing of that folder."""

import os
import sys

if sys.version_info[:2] != (@MAJOR_MINOR@):
    here = "%d.%d" % sys.version_info[:2]
    sys.exit("amitui: this archive is for Python @MINOR@, and this is " + here + ": set AMITUI_PYTHON")
sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")

from amitui.cli import main  # noqa: E402

sys.exit(main())
'''

_OF_THE_BUILD = ("direct_url.json", "RECORD", "REQUESTED", "INSTALLER")
"""Files that say how and from where a package was installed."""


def main() -> None:
    """Make the archive that the command line asks for, and print its path."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("wheel", type=Path, help="amitui's wheel")
    parser.add_argument(
        "--platform", action="append", default=[], help="as of pip; default: this machine's; repeatable"
    )
    parser.add_argument("--extra", action="append", default=[], help="such as demo; repeatable")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for the archive; default: this one")
    options = parser.parse_args()
    version = options.wheel.name.split("-")[1]
    platform = options.platform[0] if options.platform else sysconfig.get_platform().replace("-", "_")
    name = f"amitui-{version}-{platform}-py{MINOR.replace('.', '')}"
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / name
        fill(top, options.wheel, options.platform, options.extra)
        options.output.mkdir(parents=True, exist_ok=True)
        path = options.output / f"{name}.tar.gz"
        pack(top, path)
    print(path)


def fill(top: Path, wheel: Path, platforms: list[str], extras: list[str]) -> None:
    """Make the folder: `lib` with all packages, `share` with manual and completions, and the launcher."""
    library = top / "lib"
    wanted = f"{wheel.resolve()}[{','.join(extras)}]" if extras else str(wheel.resolve())
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:"]
    if platforms:
        command += ["--python-version", MINOR, "--implementation", "cp"]
        command += [word for one in platforms for word in ("--platform", one)]
    subprocess.run([*command, "--target", str(library), wanted], check=True)
    shutil.rmtree(library / "bin", ignore_errors=True)  # programs that name this machine's Python
    if (library / "share").is_dir():
        (library / "share").rename(top / "share")
    for information in library.glob("*.dist-info"):
        for unneeded in _OF_THE_BUILD:
            (information / unneeded).unlink(missing_ok=True)
    compile_all(library)
    (top / "start.py").write_text(of_this_python(START))
    launcher = top / "amitui"
    launcher.write_text(of_this_python(LAUNCHER))
    launcher.chmod(0o755)


def of_this_python(text: str, minor: str = MINOR) -> str:
    """A script of the archive, for one version of Python."""
    return text.replace("@MINOR@", minor).replace("@MAJOR_MINOR@", minor.replace(".", ", "))


def compile_all(library: Path) -> None:
    """Write byte code that is not compared with its source: unpacking changes the times that would be compared."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    # Files for other versions of Python, which some packages hold as data, do not compile and stay as they are.
    subprocess.run(
        [*command, "-s", str(library), "-p", "lib", str(library)],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=False,
        stdout=subprocess.DEVNULL,
    )


def pack(top: Path, path: Path) -> None:
    """Write a folder as an archive in which nothing tells when, where and by whom it was made."""
    with (
        open(path, "wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for one in sorted([top, *top.rglob("*")], key=lambda one: one.relative_to(top.parent).as_posix()):
            archive.add(one, one.relative_to(top.parent).as_posix(), recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


if __name__ == "__main__":
    main()
