"""Answers that another implementation of EC2 writes are read as botocore itself reads them."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.parsers import DEFAULT_TIMESTAMP_PARSER
from moto import mock_aws

from amitui.ec2.parse import ResponseReader
from amitui.ec2.response_table import table_of


@pytest.mark.parametrize("operation", ["DescribeImages", "DescribeSnapshots"])
def test_the_answers_of_moto_are_read_as_botocore_reads_them(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "MOTO_EC2_LOAD_DEFAULT_AMIS", "true"
    )  # the demo, which has its own images, sets it to false
    bodies: list[bytes] = []

    def keep(response_dict: dict[str, Any], **_: object) -> None:
        bodies.append(response_dict["body"])

    with mock_aws():
        client = boto3.client(
            "ec2", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        client.meta.events.register(f"before-parse.ec2.{operation}", keep)
        expected = getattr(client, xform_name(operation))()
    shape = botocore.session.Session().get_service_model("ec2").operation_model(operation).output_shape
    found = ResponseReader(table_of(shape), DEFAULT_TIMESTAMP_PARSER).read(bodies[0], operation)
    (records,) = [value for key, value in found.items() if key != "ResponseMetadata"]
    assert len(records) > 500
    assert found["ResponseMetadata"]["RequestId"] == expected["ResponseMetadata"]["RequestId"]
    assert {**found, "ResponseMetadata": None} == {**expected, "ResponseMetadata": None}
