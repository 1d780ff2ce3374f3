"""Whether a caller may do what is asked, and where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.accounts import REGIONS

if TYPE_CHECKING:
    from amitui.demo.seed.accounts import Caller

_READING: Final = re.compile("(?:Describe|Get|List)[A-Z]")
_NOT_VALIDATED: Final = "AWS was not able to validate the provided access credentials"


def check_rights(operation: str, caller: Caller, service: str = "ec2") -> None:
    """Refuse what the caller's key may not do; a dry run is refused just so.

    Raises:
        CloudError: the operation changes something and the key may only look.
    """
    if caller.read_only and not _READING.match(operation):
        words = (
            f"User: {caller_identity(caller)['Arn']} is not authorized to perform: {service}:{operation} "
            f"because no identity-based policy allows the {service}:{operation} action"
        )
        if service == "ec2":
            text = f"You are not authorized to perform this operation. {words}"
            raise CloudError("UnauthorizedOperation", text, 403)
        raise CloudError("AccessDeniedException" if service == "ssm" else "AccessDenied", words, 403)


def check_region(region: str) -> None:
    """Refuse a region as EC2 does: one that was never opted in to fails like a bad key.

    Raises:
        CloudError: the region does not exist or is not enabled.
    """
    seed = REGIONS.get(region)
    if seed is None:
        raise CloudError("AuthFailure", "Credential should be scoped to a valid region.", 401)
    if not seed.enabled:
        raise CloudError("AuthFailure", _NOT_VALIDATED, 401)
