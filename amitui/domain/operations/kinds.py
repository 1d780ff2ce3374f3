"""Every kind of operation, declared once: its words, its key, what it is about, where it fits, what takes it back.

Menus, keys, help, eligibility, the timeline and the operations pane are derived from `SPECS`. What an operation
asks of EC2 is its plan's matter (`plans/`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from amitui.domain.operations.plans.facts import ImageFacts


class OperationKind(StrEnum):
    """What is done. The values stand in the journal: they never change. Menus list the kinds in this order."""

    LAUNCH = "launch"
    COPY = "copy"
    CREATE = "create"
    REGISTER = "register"
    DEREGISTER = "deregister"
    DEPRECATE = "deprecate"
    UNDEPRECATE = "undeprecate"
    DISABLE = "disable"
    ENABLE = "enable"
    PROTECT = "protect"
    UNPROTECT = "unprotect"
    DESCRIBE = "describe"
    TAG = "tag"
    IMDS = "imds"
    SHARE = "share"
    LEAVE = "leave"
    STORE = "store"
    UNSTORE = "unstore"
    RESTORE = "restore"
    TEMPLATE = "template"
    STOP = "stop"
    START = "start"
    TERMINATE = "terminate"
    USAGE_REPORT = "usage-report"
    ROLL_OUT = "roll-out"
    PAUSE_ROLL_OUT = "pause-roll-out"
    ROLL_BACK = "roll-back"
    PROMOTE = "promote"


class UnknownKind(str):
    """A kind that a newer amitui wrote to the journal: such an operation is shown by this bare name."""

    __slots__ = ()


Kind: TypeAlias = OperationKind | UnknownKind


class About(StrEnum):
    """What an operation is started with."""

    NOTHING = "nothing"
    """Nothing: its subject is chosen in its form or its screen."""
    IMAGE = "image"
    """One selected image."""
    IMAGES = "images"
    """All selected images that fit; each gets a plan of its own."""
    INSTANCES = "instances"
    """Instances, in the pane of launched instances."""


class Requester(StrEnum):
    """Whom EC2 permits it."""

    ANYONE = "anyone"
    """Whoever may use the image."""
    KNOWN = "known"
    """Its form depends on the account in use, so that has to be known."""
    OWNER = "owner"
    """The image's owner."""
    RECIPIENT = "recipient"
    """Whom the image was shared with directly."""


class Milestone(StrEnum):
    """The milestone of an image's timeline at which an operation is shown."""

    DEPRECATED = "deprecated"
    DISABLED = "disabled"
    DEREGISTERED = "deregistered"
    IN_BIN = "in Recycle Bin"
    COPIED = "copied"
    NONE = ""
    """It has an entry of its own beside the milestones while it is under way, and when it failed."""


def _fits(_facts: ImageFacts) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """What is declared of one kind of operation."""

    title: str
    """`Copy image`: the action's name, and what the operations pane calls it."""
    label: str = ""
    """A word or two for the footer; empty = no action begins it, as another form or screen does."""
    key: str = ""
    """As Textual spells it; empty = the action has none but what the config gives it."""
    tooltip: str = ""
    """Shown behind the title."""
    about: About = About.IMAGES
    requester: Requester = Requester.ANYONE
    states: tuple[str, ...] = ()
    """States of the image in which EC2 takes the request; empty = any."""
    obstacle: Callable[[ImageFacts], str] = _fits
    """Why it makes no sense for an image that is otherwise fit, in a few words; empty = it does."""
    reads_shares: bool = False
    """Whether its form lists whom the image is shared with, which takes a call for each image."""
    launches: bool = False
    """Whether it makes instances, which the pane of launched instances then follows."""
    milestone: Milestone = Milestone.NONE
    no_undo: str = ""
    """Why nothing takes it back, or what does instead, a sentence; empty = `plans/undo.py` does."""


SPECS: Final[Mapping[OperationKind, OperationSpec]] = {
    OperationKind.LAUNCH: OperationSpec(
        title="Launch instances",
        label="Launch",
        key="l",
        tooltip="start instances from it",
        about=About.IMAGE,
        states=("available",),
        launches=True,
        no_undo="Terminate the instances instead.",
    ),
    OperationKind.COPY: OperationSpec(
        title="Copy image",
        label="Copy",
        key="c",
        tooltip="to other Regions, or within its own Region",
        about=About.IMAGE,
        states=("available",),
        milestone=Milestone.COPIED,
        no_undo="Deregister the copy instead.",
    ),
    OperationKind.CREATE: OperationSpec(
        title="Create image",
        label="Create",
        key="n",
        tooltip="from an instance; optionally stop it first",
        about=About.NOTHING,
        no_undo="Deregister the image instead.",
    ),
    OperationKind.REGISTER: OperationSpec(
        title="Register image",
        label="Register",
        key="g",
        tooltip="from a snapshot, or from a manifest in S3",
        about=About.NOTHING,
        no_undo="Deregister the image instead.",
    ),
    OperationKind.DEREGISTER: OperationSpec(
        title="Deregister image",
        label="Deregister",
        key="D",
        tooltip="check its use first; optionally delete its snapshots",
        requester=Requester.OWNER,
        obstacle=lambda facts: "already deregistered" if facts.state == "deregistered" else "",
        milestone=Milestone.DEREGISTERED,
        no_undo="Restore it from the recycle bin, if a retention rule keeps it there.",
    ),
    OperationKind.DEPRECATE: OperationSpec(
        title="Deprecate image",
        label="Deprecate",
        key="E",
        tooltip="hide it from other accounts from a date on; it can still be launched",
        requester=Requester.OWNER,
        states=("available", "disabled"),
        milestone=Milestone.DEPRECATED,
    ),
    OperationKind.UNDEPRECATE: OperationSpec(
        title="Cancel deprecation",
        label="Undeprecate",
        tooltip="show it in lists again",
        requester=Requester.OWNER,
        obstacle=lambda facts: "no deprecation date is set" if facts.deprecated is None else "",
        milestone=Milestone.DEPRECATED,
    ),
    OperationKind.DISABLE: OperationSpec(
        title="Disable image",
        label="Disable",
        key="B",
        tooltip="block launches; its launch permissions are lost for good",
        requester=Requester.OWNER,
        states=("available", "failed"),
        reads_shares=True,
        milestone=Milestone.DISABLED,
    ),
    OperationKind.ENABLE: OperationSpec(
        title="Enable image",
        label="Enable",
        tooltip="allow launches again; launch permissions are not restored",
        requester=Requester.OWNER,
        states=("disabled",),
        milestone=Milestone.DISABLED,
        no_undo="Disable it again instead.",
    ),
    OperationKind.PROTECT: OperationSpec(
        title="Protect from deregistration",
        label="Protect",
        tooltip="prevent deregistration",
        requester=Requester.OWNER,
        obstacle=lambda facts: "already protected" if facts.protected else "",
    ),
    OperationKind.UNPROTECT: OperationSpec(
        title="Turn off protection",
        label="Unprotect",
        tooltip="allow deregistration again",
        requester=Requester.OWNER,
        obstacle=lambda facts: "" if facts.protected else "not protected",
    ),
    OperationKind.DESCRIBE: OperationSpec(
        title="Edit description",
        label="Describe",
        tooltip="edit its description",
        requester=Requester.OWNER,
    ),
    OperationKind.TAG: OperationSpec(
        title="Edit tags",
        label="Tag",
        tooltip="add, change or remove tags",
        requester=Requester.OWNER,
    ),
    OperationKind.IMDS: OperationSpec(
        title="Require IMDSv2",
        label="IMDSv2",
        tooltip="require IMDSv2 on its instances; cannot be undone",
        requester=Requester.OWNER,
        states=("available",),
        no_undo="EC2 does not let an image go back to IMDSv1.",
    ),
    OperationKind.SHARE: OperationSpec(
        title="Share image",
        label="Share",
        key="s",
        tooltip="view and change launch permissions; for other accounts' images, see who shares them",
        requester=Requester.KNOWN,
    ),
    OperationKind.LEAVE: OperationSpec(
        title="Give up shared access",
        label="Leave",
        tooltip="remove your access to an image shared with you",
        requester=Requester.RECIPIENT,
        no_undo="Only the image's owner can share it again.",
    ),
    OperationKind.STORE: OperationSpec(
        title="Store image in S3",
        label="Store",
        tooltip="store it as one object in an S3 bucket",
        states=("available",),
        no_undo="Delete the object from its bucket instead.",
    ),
    OperationKind.UNSTORE: OperationSpec(
        title="Restore image from S3",
        label="Unstore",
        tooltip="from an object in an S3 bucket",
        about=About.NOTHING,
        no_undo="Deregister the image instead.",
    ),
    OperationKind.RESTORE: OperationSpec(
        title="Restore from Recycle Bin",
        about=About.NOTHING,
        milestone=Milestone.IN_BIN,
        no_undo="Deregister the image again instead.",
    ),
    OperationKind.TEMPLATE: OperationSpec(
        title="Save launch template",
        about=About.IMAGE,
        no_undo="Delete the launch template, or its version, instead.",
    ),
    OperationKind.STOP: OperationSpec(
        title="Stop instances",
        about=About.INSTANCES,
        no_undo="Start the instances again instead.",
    ),
    OperationKind.START: OperationSpec(
        title="Start instances",
        about=About.INSTANCES,
        no_undo="Stop the instances again instead.",
    ),
    OperationKind.TERMINATE: OperationSpec(
        title="Terminate instances",
        about=About.INSTANCES,
        no_undo="A terminated instance never comes back.",
    ),
    OperationKind.USAGE_REPORT: OperationSpec(
        title="Ask who else uses image",
        label="Usage",
        tooltip="a report of EC2's on other accounts: their instances and launch templates",
        requester=Requester.OWNER,
        states=("available", "disabled"),
        no_undo="It changes nothing: EC2 deletes the report after 30 days.",
    ),
    OperationKind.ROLL_OUT: OperationSpec(
        title="Roll out image",
        label="Roll out",
        key="R",
        tooltip="move parameters, launch templates and Auto Scaling groups to it",
        about=About.IMAGE,
        states=("available",),
    ),
    OperationKind.PAUSE_ROLL_OUT: OperationSpec(
        title="Pause roll-out",
        about=About.NOTHING,
        no_undo="Continue the roll-out instead.",
    ),
    OperationKind.ROLL_BACK: OperationSpec(
        title="Roll back",
        about=About.NOTHING,
        no_undo="Roll the image out again instead.",
    ),
    OperationKind.PROMOTE: OperationSpec(
        title="Promote image",
        label="Promote",
        tooltip="put its ID into a parameter, or give it a tag, that others look it up by",
        about=About.IMAGE,
        states=("available",),
    ),
}
"""Every kind of operation."""


def recorded_kind(value: str) -> Kind:
    """The kind that a journal names."""
    return OperationKind(value) if value in _VALUES else UnknownKind(value)


_VALUES: Final = frozenset(OperationKind)


def spec_of(kind: Kind) -> OperationSpec:
    """The spec of a kind; for one that is not known here, a spec with its bare name."""
    if isinstance(kind, OperationKind):
        return SPECS[kind]
    return OperationSpec(title=kind, no_undo="A newer amitui began it.")
