"""The catalogue that amitui is measured on: many made-up images of one region, brought in by `amitui import`.

Building takes a minute, so it is done once per folder and reused.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from amitui.demo.seed.region import synthetic_records
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from pathlib import Path

REGION: Final = "us-east-1"
SEED: Final = 7


def build_catalogue(directory: Path, count: int) -> Path:
    """The cache folder (for `--cache-dir`) with `count` images below `directory`, built when it is not there yet.

    Raises:
        subprocess.CalledProcessError: the import failed; what it said is on stderr.
    """
    cache = directory / f"images-{count}"
    complete = cache / "complete"
    if complete.exists():
        return cache
    shutil.rmtree(cache, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "amitui", "import", "-", "--region", REGION, "--cache-dir", str(cache)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, text=True, env=isolated_environment(directory / "elsewhere")
    ) as importer:
        assert importer.stdin is not None
        for record in synthetic_records(count, REGION, seed=SEED):
            importer.stdin.write(json.dumps(record) + "\n")
        importer.stdin.close()
    if importer.returncode:
        raise subprocess.CalledProcessError(importer.returncode, command)
    complete.touch()
    return cache
