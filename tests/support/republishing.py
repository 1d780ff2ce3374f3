"""What only a hostile publisher does: other content in a published folder, and what names it in order."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any


def republished(place: Path, data: bytes) -> None:
    """Have the first chunk be this."""
    segment = segment_of(place)
    chunks = next(each["chunks"] for each in segment["slices"] if each["chunks"])
    chunks[0] = [put(place, data), len(data)]
    name_segment(place, json.dumps(segment).encode())


def segment_of(place: Path) -> Any:
    """The first segment of the public manifest, as it is published."""
    return json.loads(path_of(place, manifest_of(place)["shards"][0]["segment"]).read_text())


def name_segment(place: Path, text: bytes) -> None:
    """Have this be the first segment."""
    manifest = manifest_of(place)
    manifest["shards"][0].update(segment=put(place, text), size=len(text))
    write_manifest(place, manifest)


def manifest_of(place: Path) -> Any:
    """The public manifest."""
    return json.loads((place / "public/manifest.json").read_text())


def write_manifest(place: Path, manifest: object) -> None:
    """Replace it."""
    (place / "public/manifest.json").write_text(json.dumps(manifest))


def put(place: Path, data: bytes) -> str:
    """Store an object; its hash."""
    digest = hashlib.sha256(data).hexdigest()
    path_of(place, digest).parent.mkdir(parents=True, exist_ok=True)
    path_of(place, digest).write_bytes(data)
    return digest


def path_of(place: Path, digest: str) -> Path:
    """Where an object lies."""
    return place / "public/objects" / digest[:2] / digest


def packed(*records: object) -> bytes:
    """A chunk of these records; bytes are lines as they are."""
    return zlib.compress(
        b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in records)
    )
