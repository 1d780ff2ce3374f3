from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from amitui.demo.cloud.cloud import Cloud, caller_identity, check_region
from amitui.demo.cloud.filters import FILTERS, matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.accounts import MAIN_ACCOUNT, PLATFORM_ACCOUNT, SECOND_ACCOUNT, Caller
from amitui.demo.seed.records import stamp

AS_OF = 1_795_219_200
ME = Caller(MAIN_ACCOUNT, "us-east-1")
OTHER = Caller(SECOND_ACCOUNT, "us-east-1")
CLOUD = Cloud(AS_OF)


def describe(caller: Caller = ME, **params: Any) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = CLOUD.call("DescribeImages", caller, params)["Images"]
    return images


def ids(images: list[dict[str, Any]]) -> set[str]:
    return {image["ImageId"] for image in images}


def only(name: str, *values: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)}]


def refusal(operation: str, caller: Caller = ME, **params: Any) -> CloudError:
    with pytest.raises(CloudError) as caught:
        CLOUD.call(operation, caller, params)
    return caught.value


# Who sees what


def test_self_means_the_calling_account() -> None:
    assert {image["OwnerId"] for image in describe(Owners=["self"])} == {MAIN_ACCOUNT}
    assert {image["OwnerId"] for image in describe(OTHER, Owners=["self"])} == {SECOND_ACCOUNT}


def test_nothing_private_of_one_account_is_shown_to_another() -> None:
    private = {
        image.image_id
        for image in CLOUD.images("us-east-1")
        if image.owner == MAIN_ACCOUNT and not image.public and SECOND_ACCOUNT not in image.shared_with
    }

    seen = ids(describe(OTHER, IncludeDeprecated=True, IncludeDisabled=True))
    assert private
    assert not private & seen
    assert refusal("DescribeImages", OTHER, ImageIds=[min(private)]).code == "InvalidAMIID.NotFound"


def test_what_is_for_owners_only_is_not_told_to_those_it_is_shared_with() -> None:
    shared = describe(Owners=[PLATFORM_ACCOUNT], IncludeDeprecated=True)

    assert shared
    assert not any({"Tags", "LastLaunchedTime", "DeregistrationProtection"} & image.keys() for image in shared)


def test_executable_users_self_means_shared_directly_or_through_the_organization_but_not_own() -> None:
    shared = describe(ExecutableUsers=["self"], IncludeDeprecated=True)

    assert shared == describe(ExecutableUsers=[MAIN_ACCOUNT], IncludeDeprecated=True)
    assert MAIN_ACCOUNT not in {image["OwnerId"] for image in shared}
    assert len([image for image in shared if image["OwnerId"] == PLATFORM_ACCOUNT]) == 12
    assert not any(image["Public"] for image in shared)


def test_executable_users_with_another_account_means_direct_shares_only() -> None:
    found = describe(ExecutableUsers=[SECOND_ACCOUNT], Owners=["self"])

    assert found
    assert all(image["Name"].startswith("acme-base-al2023") for image in found)


def test_executable_users_all_means_public() -> None:
    assert all(image["Public"] for image in describe(ExecutableUsers=["all"], Owners=["self"]))


def test_owner_aliases_and_ids_mix() -> None:
    found = describe(Owners=["aws-marketplace", "136693071363"])

    assert {image["OwnerId"] for image in found} == {"679593333241", "136693071363"}
    assert {image["ImageOwnerAlias"] for image in describe(Owners=["amazon"])} == {"amazon"}


@pytest.mark.parametrize("member", ["Owners", "ExecutableUsers"])
def test_an_owner_that_is_neither_alias_nor_account_is_malformed(member: str) -> None:
    params: dict[str, Any] = {member: ["canonical"]}

    assert refusal("DescribeImages", **params).code == "InvalidUserID.Malformed"


# Deprecated and disabled


def test_deprecated_images_of_others_are_listed_only_when_asked_for() -> None:
    now = stamp(AS_OF)
    usual, every = describe(Owners=["amazon"]), describe(Owners=["amazon"], IncludeDeprecated=True)

    assert not any(image.get("DeprecationTime", now) < now for image in usual)
    assert any(image.get("DeprecationTime", now) < now for image in every)


def test_owners_always_see_their_deprecated_images() -> None:
    assert any(image.get("DeprecationTime", "9") < stamp(AS_OF) for image in describe(Owners=["self"]))


def test_anyone_sees_a_deprecated_image_by_its_id() -> None:
    every = describe(Owners=["amazon"], IncludeDeprecated=True)
    deprecated = next(image for image in every if image.get("DeprecationTime", "9") < stamp(AS_OF))

    assert describe(ImageIds=[deprecated["ImageId"]]) == [deprecated]


def test_disabled_images_are_listed_only_when_asked_for_but_found_by_id() -> None:
    disabled = describe(Owners=["self"], IncludeDisabled=True, Filters=only("state", "disabled"))

    assert disabled
    assert not ids(disabled) & ids(describe(Owners=["self"]))
    assert describe(ImageIds=[disabled[0]["ImageId"]]) == [disabled[0]]


# Ids


def test_ids_are_looked_up_with_filters_applied() -> None:
    some = sorted(ids(describe(Owners=["self"])))[:3]

    assert ids(describe(ImageIds=some)) == set(some)
    assert describe(ImageIds=some, Filters=only("name", "no such name")) == []


def test_unknown_and_malformed_ids_have_their_own_errors() -> None:
    unknown = "ami-00000000000000000"

    assert refusal("DescribeImages", ImageIds=[unknown]).message == f"The image id '[{unknown}]' does not exist"
    assert refusal("DescribeImages", ImageIds=[unknown, "ami-00000000"]).code == "InvalidAMIID.NotFound"
    assert refusal("DescribeImages", ImageIds=["ami-xyz"]).code == "InvalidAMIID.Malformed"


def test_ids_and_max_results_exclude_each_other() -> None:
    refused = refusal("DescribeImages", ImageIds=["ami-00000000"], MaxResults=5)

    assert refused.code == "InvalidParameterCombination"


# Filters


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a*c", "abbbc", True),
        ("a*c", "ac", True),
        ("a?c", "abc", True),
        ("a?c", "ac", True),
        ("a?c", "abbc", False),
        (r"a\*c", "a*c", True),
        (r"a\*c", "abc", False),
        (r"a\\c", r"a\c", True),
        ("ABC", "abc", False),
        ("a.c", "abc", False),
        ("a*", "a\nb", True),
        ("[prod]*", "[prod] 1", True),
    ],
)  # fmt: skip
def test_filter_values_are_patterns(pattern: str, text: str, expected: bool) -> None:
    assert matcher([pattern])(text) is expected


def test_values_of_a_filter_are_alternatives_and_filters_all_hold() -> None:
    wanted = only("architecture", "arm64", "i386") + only("name", "ubuntu/images/*noble*")
    both = describe(Filters=wanted, IncludeDeprecated=True)

    assert {image["Architecture"] for image in both} == {"arm64"}
    assert len(both) > 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("creation-date", "2026-1?-*"),
        ("is-public", "false"),
        ("state", "failed"),
        ("owner-alias", "aws-marketplace"),
        ("platform", "windows"),
        ("root-device-type", "instance-store"),
        ("virtualization-type", "paravirtual"),
        ("block-device-mapping.encrypted", "true"),
        ("block-device-mapping.volume-type", "io2"),
        ("block-device-mapping.volume-size", "2000"),
        ("block-device-mapping.device-name", "/dev/sdf"),
        ("product-code.type", "marketplace"),
        ("state-reason-code", "Client.*"),
        ("boot-mode", "uefi"),
        ("instance-type-specification.supported-instance-type", "m7i.*"),
        ("tag:Env", "prod"),
        ("tag-key", "Team"),
        ("ena-support", "false"),
        ("free-tier-eligible", "true"),
        ("image-watermark.watermark-key", "*:approved-2026"),
        ("public-ssm-parameter-name", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64"),
        ("source-image-region", "us-east-1"),
    ],
)  # fmt: skip
def test_a_filter_lets_through_some_images_and_not_all(name: str, value: str) -> None:
    every = describe(IncludeDeprecated=True)
    found = describe(IncludeDeprecated=True, Filters=only(name, value))

    assert 0 < len(found) < len(every)


def test_tags_of_others_cannot_be_searched() -> None:
    assert {i["OwnerId"] for i in describe(Filters=only("tag:Team", "*"), IncludeDeprecated=True)} == {
        MAIN_ACCOUNT
    }


def test_an_unknown_filter_is_refused_in_ec2s_words() -> None:
    refused = refusal("DescribeImages", Filters=only("tpm-support", "v2.0"))

    assert (refused.code, refused.message) == ("InvalidParameterValue", "The filter 'tpm-support' is invalid")


def test_more_filter_values_than_ec2_takes_are_refused() -> None:
    assert refusal("DescribeImages", Filters=only("name", *"x" * 201)).code == "FilterLimitExceeded"
    assert refusal("DescribeImages", Filters=only("name", "x") * 51).code == "FilterLimitExceeded"


def test_every_filter_that_is_known_is_one_that_ec2_documents() -> None:
    model = botocore.session.get_session().get_service_model("ec2")
    text = model.operation_model("DescribeImages").input_shape.members["Filters"].documentation
    documented = set(re.findall(r"<code>([a-z-]+(?:\.[a-z-]+)?)</code> ?(?:-|–)", text))

    # Of EC2's model since 1.44, which botocore in use need not have yet.
    newer = {name for name in FILTERS if name.startswith("scan-result.")}
    assert len(newer) == 7
    assert FILTERS.keys() - newer <= documented


# Pages


def pages(caller: Caller = ME, **params: Any) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    while True:
        answer = CLOUD.call("DescribeImages", caller, params)
        found.append(answer["Images"])
        if "NextToken" not in answer:
            return found
        params["NextToken"] = answer["NextToken"]


def test_pages_hold_what_one_answer_would() -> None:
    whole = describe(Owners=["amazon"], IncludeDeprecated=True)
    paged = pages(Owners=["amazon"], IncludeDeprecated=True, MaxResults=100)

    assert [image for page in paged for image in page] == whole
    assert {len(page) for page in paged[:-1]} == {100}


def test_the_last_page_has_no_token_even_when_it_is_full() -> None:
    mine = describe(Owners=["self"])

    assert [len(page) for page in pages(Owners=["self"], MaxResults=len(mine))] == [len(mine)]


def test_a_page_never_holds_more_than_a_thousand() -> None:
    assert max(len(page) for page in pages(MaxResults=5000)) == 1000


def test_a_token_is_good_for_its_own_request_only() -> None:
    token = CLOUD.call("DescribeImages", ME, {"Owners": ["amazon"], "MaxResults": 5})["NextToken"]

    for params in ({"Owners": ["self"]}, {"Owners": ["amazon"], "Filters": only("name", "*")}):
        assert refusal("DescribeImages", MaxResults=5, NextToken=token, **params).code == "InvalidNextToken"
    assert refusal("DescribeImages", OTHER, Owners=["amazon"], NextToken=token).code == "InvalidNextToken"
    for nonsense in ("x", "AAAA", "é", ""):
        assert refusal("DescribeImages", NextToken=nonsense).code == "InvalidNextToken"


def test_the_page_size_may_change_between_pages() -> None:
    first = CLOUD.call("DescribeImages", ME, {"Owners": ["self"], "MaxResults": 5})
    rest = CLOUD.call(
        "DescribeImages", ME, {"Owners": ["self"], "MaxResults": 900, "NextToken": first["NextToken"]}
    )

    assert first["Images"] + rest["Images"] == describe(Owners=["self"])


def test_max_results_must_be_positive() -> None:
    assert refusal("DescribeImages", MaxResults=0).code == "InvalidParameterValue"


def test_a_page_delay_slows_lists_of_images_down(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("amitui.demo.cloud.cloud.time.sleep", waited.append)
    slow = Cloud(AS_OF, page_delay=0.25)

    slow.call("DescribeImages", ME, {"Owners": ["self"], "MaxResults": 5})
    slow.call("DescribeRegions", ME, {})

    assert waited == [0.25]


# The other operations


def test_launch_permissions_list_accounts_organizations_and_everyone() -> None:
    shared = describe(ExecutableUsers=[SECOND_ACCOUNT], Owners=["self"])[0]["ImageId"]
    public = describe(Owners=["self"], Filters=only("is-public", "true"))[0]["ImageId"]

    def permissions(image_id: str) -> list[dict[str, str]]:
        answer = CLOUD.call("DescribeImageAttribute", ME, {"ImageId": image_id, "Attribute": "launchPermission"})
        listed: list[dict[str, str]] = answer["LaunchPermissions"]
        return listed

    assert {"UserId": SECOND_ACCOUNT} in permissions(shared)
    assert any("OrganizationArn" in permission for permission in permissions(shared))
    assert permissions(public) == [{"Group": "all"}]


def test_attributes_are_read_one_at_a_time() -> None:
    image = describe(Owners=["self"], Filters=only("name", "acme-attested-base"))[0]

    def attribute(name: str) -> dict[str, Any]:
        return CLOUD.call("DescribeImageAttribute", ME, {"ImageId": image["ImageId"], "Attribute": name})

    assert attribute("description")["Description"] == {"Value": image["Description"]}
    assert attribute("tpmSupport")["TpmSupport"] == {"Value": "v2.0"}
    assert attribute("kernel")["KernelId"] == {}
    assert attribute("productCodes")["ProductCodes"] == []


def test_attributes_are_for_the_owner_and_the_dead_one_is_for_nobody() -> None:
    mine, foreign = describe(Owners=["self"])[0], describe(Owners=["amazon"])[0]

    def code(image: dict[str, Any], attribute: str) -> str:
        return refusal("DescribeImageAttribute", ImageId=image["ImageId"], Attribute=attribute).code

    assert code(foreign, "launchPermission") == "AuthFailure"
    assert code(mine, "blockDeviceMapping") == "AuthFailure"
    assert code(mine, "colour") == "InvalidParameterValue"
    assert code({"ImageId": "ami-00000000"}, "description") == "InvalidAMIID.NotFound"


def test_regions_that_are_not_opted_in_are_listed_only_when_asked_for() -> None:
    usual = CLOUD.call("DescribeRegions", ME, {})["Regions"]
    every = CLOUD.call("DescribeRegions", ME, {"AllRegions": True})["Regions"]

    assert {region["OptInStatus"] for region in usual} == {"opt-in-not-required", "opted-in"}
    assert len(every) - len(usual) == 3
    named = CLOUD.call("DescribeRegions", ME, {"Filters": only("region-name", "us-*")})["Regions"]
    assert {region["RegionName"] for region in named} == {"us-east-1", "us-east-2", "us-west-2"}
    assert refusal("DescribeRegions", RegionNames=["mars-north-1"]).code == "InvalidParameterValue"


def test_a_region_that_is_disabled_or_unknown_fails_like_a_bad_key() -> None:
    check_region("ap-east-1")
    for region in ("me-south-1", "mars-north-1"):
        with pytest.raises(CloudError, match="AuthFailure"):
            check_region(region)


def test_a_dry_run_succeeds_with_an_error() -> None:
    refused = refusal("DescribeImages", DryRun=True)

    assert (refused.code, refused.status) == ("DryRunOperation", 412)


def test_each_account_has_its_identity() -> None:
    assert caller_identity(ME)["Arn"] == f"arn:aws:iam::{MAIN_ACCOUNT}:user/demo"
    assert caller_identity(OTHER)["Account"] == SECOND_ACCOUNT
