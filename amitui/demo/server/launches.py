"""The answer to RunInstances: what DescribeInstances says of the new instances, in the words of a launch."""

from __future__ import annotations

from typing import Final

from amitui.demo.cloud.model import CloudError

_HEAD: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<RunInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
_BEGIN: Final = b"<reservationSet><item>"
_END: Final = b"</item></reservationSet>"


def launch_answer(described: bytes) -> bytes:
    """An answer to RunInstances.

    Args:
        described: the answer to DescribeInstances about the instances of one launch, which is one reservation.

    Raises:
        CloudError: it describes no reservation.
    """
    begin, end = described.find(_BEGIN), described.rfind(_END)
    if begin < 0 or end < begin:
        raise CloudError("InternalError", "moto does not describe what it has launched.", 500)
    reservation = described[begin + len(_BEGIN) : end]
    return _HEAD + reservation + b"</RunInstancesResponse>"
