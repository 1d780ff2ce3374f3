"""Which operation makes sense for an image as it is: what a menu offers, and why it does not offer the rest.

Only EC2 knows for sure. This says what is certain beforehand by its documented rules, from what a row shows.
"""

from __future__ import annotations

from typing import Final

from amitui.domain.operations.plans.facts import ImageFacts

OWN: Final = frozenset(
    {
        "deprecate",
        "undeprecate",
        "disable",
        "enable",
        "protect",
        "unprotect",
        "describe",
        "tag",
        "imds",
        "deregister",
    }
)
"""Kinds of operation that only an image's owner may ask for."""

STATES: Final = {
    "launch": ("available",),
    "copy": ("available",),
    "store": ("available",),
    "disable": ("available", "failed"),
    "enable": ("disabled",),
    "deprecate": ("available", "disabled"),
    "imds": ("available",),
}
"""States in which EC2 takes a request; kinds that are not here depend on none."""

WITHOUT_IMAGE: Final = frozenset({"create", "register", "restore", "unstore"})


def why_not(kind: str, facts: ImageFacts | None, account: str | None) -> str:
    """Why an operation cannot be asked for, in a few words; empty when it can.

    Args:
        kind: a key of `plan.KINDS`.
        facts: the image; `None` = there is none under the cursor.
        account: who asks; `None` = not known yet.
    """
    if kind in WITHOUT_IMAGE:
        return ""
    if facts is None:
        return "no image under the cursor"
    own = account is not None and facts.owner_id == account
    if kind in OWN and not own:
        return "only its owner may" if account else "it is not known yet who you are"
    if kind == "share" and not account:
        return "it is not known yet who you are"
    if kind == "leave" and (own or facts.public):
        return "it is your own" if own else "it is public, not shared with you"
    if facts.state not in STATES.get(kind, (facts.state,)):
        return f"it is {facts.state or 'in no known state'}"
    return _already(kind, facts)


def _already(kind: str, facts: ImageFacts) -> str:
    match kind:
        case "protect" if facts.protected:
            return "it is protected already"
        case "unprotect" if not facts.protected:
            return "it is not protected"
        case "undeprecate" if facts.deprecated is None:
            return "it has no deprecation date"
        case "deregister" if facts.state == "deregistered":
            return "it is deregistered already"
    return ""
