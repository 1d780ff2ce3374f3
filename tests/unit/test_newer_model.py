from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader
from botocore.model import ServiceModel

from amitui.demo.server.wire import ApiModel
from amitui.ec2.newer_model import EXTRAS, add_newer_shapes, merged
from amitui.ec2.parse import ResponseReader
from amitui.ec2.response_table import table_of

MODEL = Path(botocore.__file__).parent / "data" / "ec2" / "2016-11-15" / "service-2.json.gz"


def installed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(MODEL.read_bytes()))
    return document


def with_newer() -> ServiceModel:
    loader = Loader(include_default_search_paths=True)
    add_newer_shapes(loader)
    add_newer_shapes(loader)
    return ServiceModel(loader.load_service_model("ec2", "service-2"), "ec2")


def test_botocore_merges_the_findings_into_its_own_model() -> None:
    model = with_newer()
    assert "GetImageFindings" in model.operation_names
    image = model.shape_for("Image")
    assert "ScanResults" in image.members
    assert {"ImageId", "Name", "Tags"} <= image.members.keys(), "what was there stays"
    assert model.operation_model("GetImageFindings").input_shape.required_members == ["ImageId"]


def test_every_shape_that_is_referred_to_is_there() -> None:
    document = merged(installed())
    for name in json.loads(EXTRAS.read_text())["merge"]["shapes"]:
        shape = document["shapes"][name]
        referred = [member["shape"] for member in shape.get("members", {}).values()]
        referred += [shape["member"]["shape"]] if "member" in shape else []
        assert all(other in document["shapes"] for other in referred), name


def test_merging_what_is_there_already_changes_nothing() -> None:
    once = merged(installed())
    assert merged(json.loads(json.dumps(once))) == once


def test_the_demo_answers_by_the_same_model() -> None:
    assert "GetImageFindings" in ApiModel.load()


def test_an_answer_with_findings_is_read() -> None:
    output = with_newer().operation_model("GetImageFindings").output_shape
    assert output is not None
    body = (
        b'<GetImageFindingsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>'
        b"<imageFindingSet><item><title>CVE-2026-1 - openssl</title><score>9.8</score>"
        b"<severityLabel>critical</severityLabel><fixAvailable>true</fixAvailable>"
        b"<snapshotId>snap-1</snapshotId><pathSet><item>/usr/lib/libssl.so</item></pathSet></item></imageFindingSet>"
        b"<nextToken>t</nextToken></GetImageFindingsResponse>"
    )
    read = ResponseReader(table_of(output), str).read(body, "GetImageFindings")
    assert read["NextToken"] == "t"
    assert read["ImageFindings"] == [
        {
            "Title": "CVE-2026-1 - openssl",
            "Score": 9.8,
            "SeverityLabel": "critical",
            "FixAvailable": True,
            "SnapshotId": "snap-1",
            "Paths": ["/usr/lib/libssl.so"],
        }
    ]
