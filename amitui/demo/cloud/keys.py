"""The KMS keys that the simulated cloud knows, and which of them can be used where.

KMS is asked only after EC2 has accepted a request, so a bad key shows as an image that fails later.
"""

from __future__ import annotations

import re
from typing import Final

from amitui.demo.seed.accounts import MAIN_ACCOUNT

_DEFAULT_KEY_ID: Final = "0a0a0a0a-eb50-4eb5-8eb5-0a0a0a0a0a0a"
"""The key behind alias/aws/ebs, which AWS manages; the same one in every account and region."""
CUSTOMER_KEY_ID: Final = "1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
"""The main account's own key; there is one with this id in every region."""
_DEFAULT_ALIAS: Final = "alias/aws/ebs"
_CUSTOMER_ALIAS: Final = "alias/acme-images"
_ARN: Final = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):([0-9]{12}):(.+)")

NOT_ACCESSIBLE: Final = ("Client.InternalError", "Client.InternalError: Given key ID is not accessible")
"""Code and message of the StateReason of an image whose key cannot be used."""


def default_key(account: str, region: str) -> str:
    """The ARN of the key that encrypts where no other is named."""
    return f"arn:aws:kms:{region}:{account}:key/{_DEFAULT_KEY_ID}"


def is_default_key(key: str) -> bool:
    """Whether a volume's key is the one that AWS manages, which cannot be used by anyone else."""
    return not key or key.endswith((_DEFAULT_KEY_ID, _DEFAULT_ALIAS))


def resolved_key(given: str, account: str, region: str) -> str | None:
    """The ARN of the key that is meant, named by id, alias or ARN; `None` if it cannot be used here."""
    name = given
    if arn := _ARN.fullmatch(given):
        if arn[1] != region or arn[2] != account:
            return None
        name = arn[3]
    name = name.removeprefix("key/")
    if name in {"", _DEFAULT_ALIAS, _DEFAULT_KEY_ID}:
        return default_key(account, region)
    if account == MAIN_ACCOUNT and name in {CUSTOMER_KEY_ID, _CUSTOMER_ALIAS}:
        return f"arn:aws:kms:{region}:{account}:key/{CUSTOMER_KEY_ID}"
    return None
