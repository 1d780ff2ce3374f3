"""What KMS says of the keys that the simulated cloud encrypts with; what else it is asked is moto's to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.keys import is_default_key, resolved_key

if TYPE_CHECKING:
    from amitui.demo.seed.accounts import Caller

DESCRIBE_KEY: Final = "TrentService.DescribeKey"
"""The header X-Amz-Target of DescribeKey."""
CONTENT_TYPE: Final = "application/x-amz-json-1.1"

_CREATED: Final = 1_600_000_000.0
_ALIAS: Final = "alias/aws/ebs"


def describe_key(caller: Caller, body: bytes) -> bytes | None:
    """The answer to DescribeKey; `None` about a key that moto may know."""
    import json

    try:
        requested = str(json.loads(body)["KeyId"])
    except (ValueError, KeyError, TypeError):
        return None
    # Moto has aliases of its own, and lists them: what it says of them must fit to that.
    key = resolved_key(requested, caller.account, caller.region) if requested and _ALIAS not in requested else None
    if key is None:
        return None
    default = is_default_key(key)
    metadata = {
        "AWSAccountId": caller.account,
        "KeyId": key.rpartition("/")[2],
        "Arn": key,
        "CreationDate": _CREATED,
        "Enabled": True,
        "Description": "Default key that protects my EBS volumes when no other key is defined" if default else "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "AWS" if default else "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    return json.dumps({"KeyMetadata": metadata}).encode()
