"""What is offered for an image, and the reason why the rest is not."""

from __future__ import annotations

import pytest

from amitui.domain.operations.eligibility import why_not
from amitui.domain.operations.kinds import SPECS, About, OperationKind, Requester
from amitui.domain.operations.plans.facts import ImageFacts

ME, OTHER = "123456789012", "999988887777"
MINE = ImageFacts("us-east-1", "ami-1", "web", ME)
SHARED = ImageFacts("us-east-1", "ami-2", "base", OTHER)


@pytest.mark.parametrize("kind", [kind for kind, spec in SPECS.items() if spec.requester is Requester.OWNER])
def test_only_owners_change_images(kind: OperationKind) -> None:
    assert why_not(kind, SHARED, ME) == "only the owner can do this"
    assert "account is not known yet" in why_not(kind, MINE, None)


@pytest.mark.parametrize("kind", [kind for kind, spec in SPECS.items() if spec.about is About.NOTHING])
def test_what_makes_images_needs_none(kind: OperationKind) -> None:
    assert why_not(kind, None, None) == ""


@pytest.mark.parametrize("kind", [kind for kind, spec in SPECS.items() if spec.about is not About.NOTHING])
def test_everything_else_needs_one(kind: OperationKind) -> None:
    assert why_not(kind, None, ME) == "no image is selected"


def test_states_decide() -> None:
    disabled = MINE._replace(state="disabled")
    assert why_not(OperationKind.ENABLE, MINE, ME) == "not possible while available"
    assert why_not(OperationKind.ENABLE, disabled, ME) == ""
    assert why_not(OperationKind.DISABLE, disabled, ME) == "not possible while disabled"
    assert why_not(OperationKind.COPY, disabled, ME) == "not possible while disabled"
    assert why_not(OperationKind.DEREGISTER, MINE._replace(state="failed"), ME) == ""


def test_what_is_so_already_is_not_offered_again() -> None:
    protected = MINE._replace(protection="enabled")
    assert why_not(OperationKind.PROTECT, protected, ME)
    assert not why_not(OperationKind.UNPROTECT, protected, ME)
    assert why_not(OperationKind.UNPROTECT, MINE, ME)
    assert why_not(OperationKind.UNDEPRECATE, MINE, ME)
    assert not why_not(OperationKind.UNDEPRECATE, MINE._replace(deprecated=1), ME)


def test_a_share_is_given_up_by_whom_it_was_given_to() -> None:
    assert why_not(OperationKind.LEAVE, SHARED, ME) == ""
    assert why_not(OperationKind.LEAVE, MINE, ME) == "you own the image"
    assert "public" in why_not(OperationKind.LEAVE, SHARED._replace(public=True), ME)


def test_shared_images_are_copied_and_stored_by_others() -> None:
    assert why_not(OperationKind.COPY, SHARED, ME) == ""
    assert why_not(OperationKind.STORE, SHARED, ME) == ""
