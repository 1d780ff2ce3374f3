from __future__ import annotations

from typing import Any

import pytest

from amitui.demo.cloud.rules import Quotas
from amitui.demo.seed.accounts import (
    ORGANIZATION_ARN,
    ORGANIZATIONAL_UNIT_ARN,
    PLATFORM_ACCOUNT,
    RESEARCH_ACCOUNT,
    SECOND_ACCOUNT,
)
from amitui.demo.seed.records import minute_stamp
from tests.support.demo_account import AS_OF, DAY, Account, second

PLAIN = "DoNotDelete"
STRANGER = "999988887777"


@pytest.fixture
def me() -> Account:
    return Account()


def add(**grantee: str) -> dict[str, Any]:
    return {"LaunchPermission": {"Add": [grantee]}}


def remove(**grantee: str) -> dict[str, Any]:
    return {"LaunchPermission": {"Remove": [grantee]}}


def test_a_share_shows_the_image_to_the_account_and_taking_it_back_hides_it(me: Account) -> None:
    image = me.named(PLAIN)
    assert second(me).refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"

    me.ask("ModifyImageAttribute", ImageId=image, **add(UserId=SECOND_ACCOUNT))
    assert me.permissions(image) == [{"UserId": SECOND_ACCOUNT}]
    assert second(me).image(image)["ImageId"] == image
    assert second(me).refused("ModifyImageAttribute", ImageId=image, **add(Group="all")) == "AuthFailure"

    me.ask("ModifyImageAttribute", ImageId=image, **remove(UserId=SECOND_ACCOUNT))
    assert second(me).refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"


def test_organizations_and_units_are_named_by_their_full_arn(me: Account) -> None:
    image = me.named(PLAIN)
    for bad in ({"OrganizationArn": "o-demo4t2k9x"}, {"OrganizationArn": ORGANIZATIONAL_UNIT_ARN},
                {"OrganizationalUnitArn": ORGANIZATION_ARN}, {"UserId": "1234"}, {"Group": "some"}):  # fmt: skip
        assert me.refused("ModifyImageAttribute", ImageId=image, **add(**bad)) == "InvalidAMIAttributeItemValue"

    me.ask("ModifyImageAttribute", ImageId=image, **add(OrganizationArn=ORGANIZATION_ARN))
    unit = {"OrganizationalUnitArns": [ORGANIZATIONAL_UNIT_ARN], "OperationType": "add"}
    me.ask("ModifyImageAttribute", ImageId=image, Attribute="launchPermission", **unit)

    assert me.permissions(image) == [
        {"OrganizationArn": ORGANIZATION_ARN},
        {"OrganizationalUnitArn": ORGANIZATIONAL_UNIT_ARN},
    ]
    assert me.beside(PLATFORM_ACCOUNT).image(image)["ImageId"] == image


def test_one_request_is_about_one_attribute_and_says_which(me: Account) -> None:
    image = me.named(PLAIN)
    both = {"Description": {"Value": "x"}, "ImdsSupport": {"Value": "v2.0"}}

    assert me.refused("ModifyImageAttribute", ImageId=image, **both) == "InvalidParameterCombination"
    assert me.refused("ModifyImageAttribute", ImageId=image) == "MissingParameter"
    assert me.refused("ModifyImageAttribute", ImageId=image, Attribute="launchPermission") == "MissingParameter"
    assert me.refused("ModifyImageAttribute", ImageId=image, Attribute="bootMode") == "InvalidParameterValue"


def test_descriptions_change_and_imds_support_cannot_be_undone(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("ModifyImageAttribute", ImageId=image, Description={"Value": "new"})
    assert me.image(image)["Description"] == "new"
    me.ask("ModifyImageAttribute", ImageId=image, Attribute="description", Value="newer")
    assert me.image(image)["Description"] == "newer"
    too_long = {"Value": "x" * 256}
    assert me.refused("ModifyImageAttribute", ImageId=image, Description=too_long) == "InvalidParameterValue"

    me.ask("ModifyImageAttribute", ImageId=image, ImdsSupport={"Value": "v2.0"})
    assert me.image(image)["ImdsSupport"] == "v2.0"
    undone = {"Value": "v1.0"}
    assert me.refused("ModifyImageAttribute", ImageId=image, ImdsSupport=undone) == "InvalidParameterValue"


def test_a_public_image_gets_its_date_of_deprecation(me: Account) -> None:
    image = me.named("acme-web-*")
    me.ask("DisableImageDeprecation", ImageId=image)

    me.ask("ModifyImageAttribute", ImageId=image, **add(Group="all"))

    assert me.image(image)["Public"] is True
    assert me.permissions(image)[0] == {"Group": "all"}
    assert minute_stamp(AS_OF) < me.image(image)["DeprecationTime"] < minute_stamp(AS_OF + 731 * DAY)
    assert second(me).image(image)["ImageId"] == image

    me.ask("ResetImageAttribute", ImageId=image, Attribute="launchPermission")
    assert me.permissions(image) == []
    assert me.refused("ResetImageAttribute", ImageId=image, Attribute="description") == "InvalidParameterValue"


@pytest.mark.parametrize("name", ["acme-k8s-node-1.34-*", "f5-with-our-licence", "acme-attested-base"])
def test_what_is_encrypted_paid_or_watermarked_is_not_made_public(me: Account, name: str) -> None:
    filters = [{"Name": "name", "Values": [name]}, {"Name": "state", "Values": ["available"]}]
    image = me.ask("DescribeImages", Owners=["self"], Filters=filters)["Images"][0]["ImageId"]

    assert me.refused("ModifyImageAttribute", ImageId=image, **add(Group="all")) == "InvalidParameter"
    assert me.image(image)["Public"] is False


def test_the_quotas_of_public_images_and_of_shares_are_kept() -> None:
    me = Account(quotas=Quotas(public_images=4, shares=2))
    image = me.named(PLAIN)

    assert me.refused("ModifyImageAttribute", ImageId=image, **add(Group="all")) == "ResourceLimitExceeded"
    for account in (SECOND_ACCOUNT, STRANGER):
        me.ask("ModifyImageAttribute", ImageId=image, **add(UserId=account))
    more = add(UserId=RESEARCH_ACCOUNT)
    assert me.refused("ModifyImageAttribute", ImageId=image, **more) == "ResourceLimitExceeded"


def test_a_disabled_image_is_not_shared(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("DisableImage", ImageId=image)

    shared = add(UserId=SECOND_ACCOUNT)
    assert me.refused("ModifyImageAttribute", ImageId=image, **shared) == "InvalidAMIID.Unavailable"
    assert me.ask("ModifyImageAttribute", ImageId=image, Description={"Value": "retired"})["Return"]


# Block Public Access


def state(account: Account) -> str:
    return str(account.ask("GetImageBlockPublicAccessState")["ImageBlockPublicAccessState"])


def test_block_public_access_takes_a_while_and_leaves_public_images_alone(me: Account) -> None:
    image, public = me.named(PLAIN), me.named("acme-community-edition-2.3")
    assert state(me) == "unblocked"

    me.ask("EnableImageBlockPublicAccess", ImageBlockPublicAccessState="block-new-sharing")
    assert state(me) == "unblocked"
    me.wait(61)
    assert state(me) == "block-new-sharing"
    assert me.refused("ModifyImageAttribute", ImageId=image, **add(Group="all")) == "OperationNotPermitted"
    assert me.image(public)["Public"] is True

    me.ask("DisableImageBlockPublicAccess")
    me.wait(61)
    me.ask("ModifyImageAttribute", ImageId=image, **add(Group="all"))
    assert me.image(image)["Public"] is True


def test_accounts_without_public_images_begin_blocked_and_policies_cannot_be_changed(me: Account) -> None:
    assert state(second(me)) == "block-new-sharing"
    assert me.ask("GetImageBlockPublicAccessState")["ManagedBy"] == "account"
    declared = me.beside(region="ap-southeast-2")

    assert declared.ask("GetImageBlockPublicAccessState")["ManagedBy"] == "declarative-policy"
    assert declared.refused("DisableImageBlockPublicAccess") == "OperationNotPermitted"
    wrong = {"ImageBlockPublicAccessState": "unblocked"}
    assert me.refused("EnableImageBlockPublicAccess", **wrong) == "InvalidParameterValue"


# Leaving a share


def test_a_share_given_to_an_account_can_be_left_but_one_of_its_organization_cannot(me: Account) -> None:
    direct = me.ask("DescribeImages", Owners=[RESEARCH_ACCOUNT], ExecutableUsers=["self"])["Images"][0]["ImageId"]
    every = me.ask("DescribeImages", Owners=[PLATFORM_ACCOUNT], IncludeDeprecated=True)["Images"]
    seen = {i["ImageId"] for i in every}
    shares = {image.image_id: image.shared_with for image in me.cloud.images("us-east-1")}
    through_organization = [image for image in seen if shares[image] == (ORGANIZATION_ARN,)]

    assert me.ask("CancelImageLaunchPermission", ImageId=direct) == {"Return": True}
    assert me.refused("DescribeImages", ImageIds=[direct]) == "InvalidAMIID.NotFound"

    codes = {me.refused("CancelImageLaunchPermission", ImageId=image) for image in through_organization}
    assert codes == {"OperationNotPermitted"}
    assert me.refused("CancelImageLaunchPermission", ImageId=me.named(PLAIN)) == "OperationNotPermitted"
