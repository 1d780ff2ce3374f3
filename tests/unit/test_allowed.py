"""What is offered for an image, and the reason why the rest is not."""

from __future__ import annotations

import pytest

from amitui.domain.operations.eligibility import OWN, WITHOUT_IMAGE, why_not
from amitui.domain.operations.plan import KINDS
from amitui.domain.operations.plans.facts import ImageFacts

ME, OTHER = "123456789012", "999988887777"
MINE = ImageFacts("us-east-1", "ami-1", "web", ME)
SHARED = ImageFacts("us-east-1", "ami-2", "base", OTHER)


@pytest.mark.parametrize("kind", sorted(OWN))
def test_only_owners_change_images(kind: str) -> None:
    assert why_not(kind, SHARED, ME) == "only its owner may"
    assert "who you are" in why_not(kind, MINE, None)


@pytest.mark.parametrize("kind", sorted(WITHOUT_IMAGE))
def test_what_makes_images_needs_none(kind: str) -> None:
    assert why_not(kind, None, None) == ""


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - WITHOUT_IMAGE))
def test_everything_else_needs_one(kind: str) -> None:
    assert why_not(kind, None, ME) == "no image under the cursor"


def test_states_decide() -> None:
    disabled = MINE._replace(state="disabled")
    assert why_not("enable", MINE, ME) == "it is available"
    assert why_not("enable", disabled, ME) == ""
    assert why_not("disable", disabled, ME) == "it is disabled"
    assert why_not("copy", disabled, ME) == "it is disabled"
    assert why_not("deregister", MINE._replace(state="failed"), ME) == ""


def test_what_is_so_already_is_not_offered_again() -> None:
    protected = MINE._replace(protection="enabled")
    assert why_not("protect", protected, ME)
    assert not why_not("unprotect", protected, ME)
    assert why_not("unprotect", MINE, ME)
    assert why_not("undeprecate", MINE, ME)
    assert not why_not("undeprecate", MINE._replace(deprecated=1), ME)


def test_a_share_is_given_up_by_whom_it_was_given_to() -> None:
    assert why_not("leave", SHARED, ME) == ""
    assert why_not("leave", MINE, ME) == "it is your own"
    assert "public" in why_not("leave", SHARED._replace(public=True), ME)


def test_shared_images_are_copied_and_stored_by_others() -> None:
    assert why_not("copy", SHARED, ME) == ""
    assert why_not("store", SHARED, ME) == ""
