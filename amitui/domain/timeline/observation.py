"""What EC2 says, at one moment, of something that is watched."""

from __future__ import annotations

from typing import NamedTuple


class Subject(NamedTuple):
    """Something to observe."""

    profile: str
    """With whose credentials; empty = the environment's or the default profile's."""
    region: str
    kind: str
    """One of `awaited.RESOURCES`."""
    id: str


class Observation(NamedTuple):
    """What EC2 says of a subject at one moment. All text is sanitized."""

    subject: Subject
    at: float
    """When, in seconds since the epoch."""
    state: str
    """EC2's own name of it (`pending`, `available`, `stopped`, `Completed` …); empty = EC2 does not list it
    (yet)."""
    progress: int | None = None
    """Per cent; of an image that is being made, its snapshots' by their sizes."""
    reason: str = ""
    """Why it failed, stopped or is as it is."""
    facts: tuple[tuple[str, str], ...] = ()
    """By name: an instance's `checks`, `private_ip`, `public_ip`, `ipv6`, `image_id`, `type`, `zone`, `key_name`,
    `platform`; an image's `snapshots` (ids)."""

    @property
    def content(self) -> tuple[str, int | None, str, tuple[tuple[str, str], ...]]:
        """Everything but the time; equal contents mean that nothing has changed."""
        return self.state, self.progress, self.reason, self.facts
