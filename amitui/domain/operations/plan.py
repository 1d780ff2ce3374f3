"""A plan: the steps of one operation, exactly as they will be sent, and in words.

A form makes it. The review, DryRun, the printed `aws` commands, the journal and the runner all read the same
steps, so none of them can differ from what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.operations.kinds import Kind, recorded_kind
from amitui.domain.operations.placeholders import AnswerOf, from_json, from_texts, to_json
from amitui.domain.operations.services import EC2


class Call(NamedTuple):
    """One request that changes something, as it will be sent."""

    api: str
    """The client's method: `create_image`."""
    region: str
    """The region whose endpoint is called."""
    parameters: Mapping[str, Any]
    """By EC2's names, JSON values and placeholders; never a secret and never user data, for which `WITHHELD`
    stands."""
    action: str
    """What it does in words, for errors: `create the image`."""
    always: bool = False
    """Also executed after an earlier step failed: what was stopped is started again."""
    about: str = ""
    """What its result is about, such as one account of a share; empty = it has no result of its own."""
    service: str = EC2
    """Whose call it is, by botocore's name."""
    undoes: int | None = None
    """Executed only after a failure, and only if the step with this index had been completed before it."""


class Watch(NamedTuple):
    """Waiting until something is in a state; there is no deadline."""

    kind: str
    """One of `awaited.RESOURCES`."""
    region: str
    target: str | AnswerOf
    """Its id, or what an earlier step will have made; empty = the image that an earlier step made."""
    until: tuple[str, ...]
    """The states that end the wait."""
    failing: tuple[str, ...] = ()
    """The states from which it will never get there."""
    always: bool = False
    """Also executed after an earlier step failed."""
    others: tuple[str, ...] = ()
    """Ids of further ones that are waited for in the same step; it ends when all are there."""
    within: str = ""
    """What the target belongs to, where its id alone does not find it: the Auto Scaling group of a refresh."""
    pausing: tuple[str, ...] = ()
    """The states in which it waits for its user: something was stopped on purpose."""
    restart: int | None = None
    """The step that is taken again when its user continues it after one of these; `None` = none."""
    undoes: int | None = None
    """As of a call."""

    @property
    def size(self) -> int:
        """How many are waited for."""
        return 1 + len(self.others)


Step: TypeAlias = Call | Watch

_LATER_FIELDS: Final = frozenset({"others", "service", "undoes", "within", "pausing", "restart"})
"""Fields that an older amitui does not know: written only where they say something, so that it reads the rest."""

FORMAT: Final = 2
"""How `encode` writes a plan: since 2, placeholders are no texts. What has no format is of the first."""


class Plan(NamedTuple):
    """One operation: on one thing, in one region, with one result."""

    kind: Kind
    title: str
    """One line: `Copy acme-web-7 to eu-west-1`."""
    region: str
    """Where the effect is."""
    subject: str
    """The id of what it is about: an image, an instance or a snapshot."""
    steps: tuple[Step, ...]
    changes: tuple[str, ...] = ()
    """What it will change, a sentence each."""
    warnings: tuple[str, ...] = ()
    """What may surprise, a sentence each."""
    rows_to_refresh: tuple[tuple[str, str], ...] = ()
    """(region, image id) pairs whose rows are to be refreshed, besides the image that is made."""
    before: Mapping[str, Any] = {}
    """What undoing it needs to know: the old description, the old date, … JSON values."""
    confirm: str = ""
    """What has to be typed before it is done; empty = nothing."""
    private: Mapping[str, str] = {}
    """What is sent and never written down, such as user data, by the name of the parameter, at whatever depth, in
    which `WITHHELD` stands for it."""

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self._fields if name != "private")
        return f"Plan({', '.join(fields)}, private={sorted(self.private)})"

    @property
    def calls(self) -> tuple[Call, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if isinstance(step, Call))


def encode(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values, for the journal; without what is private."""
    fields = {name: value for name, value in plan._asdict().items() if name != "private"}
    # The name of the key is the journal's.
    fields["touches"] = fields.pop("rows_to_refresh")
    return {**fields, "steps": [_encoded(step) for step in plan.steps], "format": FORMAT}


def _encoded(step: Step) -> dict[str, Any]:
    fields = {
        name: value
        for name, value in step._asdict().items()
        if name not in _LATER_FIELDS or value != step._field_defaults[name]
    }
    if isinstance(step, Call):
        return {"step": "call", **fields, "parameters": to_json(step.parameters)}
    return {"step": "watch", **fields, "target": to_json(step.target)}


def decode(value: Mapping[str, Any]) -> Plan:
    """The plan that `encode` was given, but for what is private.

    Raises:
        KeyError, TypeError, ValueError: it is no such thing.
    """
    if value.get("format", 1) not in (1, FORMAT):
        raise ValueError("a plan in another format")
    read = from_json if "format" in value else from_texts
    return Plan(
        kind=recorded_kind(str(value["kind"])),
        title=str(value["title"]),
        region=str(value["region"]),
        subject=str(value["subject"]),
        steps=tuple(_step(step, read) for step in value["steps"]),
        changes=tuple(value.get("changes", ())),
        warnings=tuple(value.get("warnings", ())),
        rows_to_refresh=tuple((str(region), str(image_id)) for region, image_id in value.get("touches", ())),
        before=dict(value.get("before", {})),
        confirm=str(value.get("confirm", "")),
    )


def _step(value: Mapping[str, Any], read: Callable[[Any], Any]) -> Step:
    fields = {name: found for name, found in value.items() if name != "step"}
    if value["step"] == "call":
        return Call(**{**fields, "parameters": read(fields["parameters"])})
    states = {name: tuple(fields.get(name, ())) for name in ("until", "failing", "others", "pausing")}
    return Watch(**{**fields, **states, "target": read(fields["target"])})
