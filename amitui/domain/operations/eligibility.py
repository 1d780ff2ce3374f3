"""Which operation makes sense for an image as it is: what a menu offers, and why it does not offer the rest.

Only EC2 knows for sure. This says what is certain beforehand by its documented rules, from what a row shows.
"""

from __future__ import annotations

from amitui.domain.catalogue.gone import GONE
from amitui.domain.operations.kinds import SPECS, About, OperationKind, Requester
from amitui.domain.operations.plans.facts import ImageFacts


def why_not(kind: OperationKind, facts: ImageFacts | None, account: str | None) -> str:
    """Why an operation cannot be started, in a few words; empty when it can.

    Args:
        facts: the image; `None` = there is none under the cursor.
        account: the account in use; `None` = not known yet.
    """
    spec = SPECS[kind]
    if spec.about is About.NOTHING:
        return ""
    if facts is None:
        return "no image is selected"
    if facts.state == GONE:
        return "EC2 no longer shows the image"
    if denied := _not_allowed(spec.requester, facts, account):
        return denied
    if spec.states and facts.state not in spec.states:
        return f"not possible while {facts.state}" if facts.state else "the image state is unknown"
    return spec.obstacle(facts)


def _not_allowed(who: Requester, facts: ImageFacts, account: str | None) -> str:
    own = account is not None and facts.owner_id == account
    match who:
        case Requester.OWNER if not own:
            return "only the owner can do this" if account else "the account is not known yet"
        case Requester.KNOWN if not account:
            return "the account is not known yet"
        case Requester.RECIPIENT if own or facts.public:
            return "you own the image" if own else "the image is public, not shared with you"
    return ""
