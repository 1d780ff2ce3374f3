from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust, imitated_publisher, is_lookalike, trust_of
from amitui.domain.products import imitation
from amitui.domain.products.folding import fold
from amitui.domain.products.identify import identify

STRANGER = "111122223333"
NONE = ImageFlag(0)
NOBLE = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260105"

IMITATED = {
    NOBLE: "Canonical",
    "ubuntu/images-testing/hvm-ssd/ubuntu-zesty-daily-amd64-server-20170509": "Canonical",
    "ubuntu-minimal/images/hvm-ssd/ubuntu-jammy-22.04-amd64-minimal-20240605": "Canonical",
    "ubuntu-pro-server/images/hvm-ssd/ubuntu-focal-20.04-amd64-pro-server-20240605": "Canonical",
    "ubuntu-eks/k8s_1.29/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240605": "Canonical",
    "ubuntu-noble-24.04-arm64-server-20990101": "Canonical",
    "al2023-ami-2023.9.20260105.0-kernel-6.1-x86_64": "Amazon Linux",
    "amzn2-ami-hvm-2.0.20260105.0-x86_64-gp2": "Amazon Linux",
    "RHEL-9.4.0_HVM-20260105-x86_64-82-Hourly2-GP3": "Red Hat",
    "RHEL-8.1.0_HVM_BETA-20190911-x86_64-0-Access2-GP2": "Red Hat",
    "RHEL_HA-9.4.0_HVM-20260105-x86_64-82-Hourly2-GP3": "Red Hat",
    "debian-12-amd64-20260105-1740": "Debian",
    "debian-13-arm64-20260105-1740": "Debian",
    "Rocky-9-EC2-Base-9.4-20260105.0.x86_64": "Rocky Linux",
    "AlmaLinux OS 9.4.20260105 x86_64": "AlmaLinux",
    "Windows_Server-2022-English-Full-Base-2026.01.05": "Amazon Windows",
    "bottlerocket-aws-k8s-1.31-x86_64-v1.26.1-5ff32f9b": "Bottlerocket",
    "talos-v1.7.4-us-east-1-amd64": "Talos",
    "nixos/24.05.4798.f4c846aee8e1-x86_64-linux": "NixOS",
    "suse-sles-15-sp6-v20260105-hvm-ssd-x86_64": "SUSE",
    "amazon-eks-node-al2023-x86_64-standard-1.31-v20260105": "Amazon EKS",
}


@pytest.mark.parametrize(("name", "publisher"), IMITATED.items())
def test_a_strangers_image_under_a_publishers_pattern_is_a_lookalike(name: str, publisher: str) -> None:
    assert is_lookalike(name, STRANGER, "")
    imitated = imitated_publisher(name)
    assert imitated is not None
    assert imitated.name == publisher


@pytest.mark.parametrize("name", IMITATED)
@pytest.mark.parametrize("alias", ["amazon", "aws-marketplace", "aws-backup-vault"])
def test_an_alias_vouches_for_any_name(name: str, alias: str) -> None:
    assert not is_lookalike(name, STRANGER, alias)


@pytest.mark.parametrize("account", ["099720109477", "513442679011", "837727238323", "309956199498"])
def test_a_known_publishers_account_is_no_lookalike_without_an_alias(account: str) -> None:
    assert not is_lookalike(NOBLE, account, "")


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("bitnami-wordpress-6.5.3-0-linux-ubuntu-14.04.3-x86_64-hvm-ebs", "979382823631"),
        ("CIS Ubuntu Linux 22.04 LTS Benchmark - Level 1 -v1.2.3", "211372476111"),
        ("ubuntu-14.04-docker-1.2.0-2014-09-22T00-04-18Z", "822908674847"),
        ("Gearman Ubuntu Master", "244326828395"),
        ("debian-6-x64-gazzang-1", "173681120831"),
        ("alestic-git-server-ubuntu-12.04-precise-amd64-20140328", "063491364108"),
        ("Windows Server 2019 golden", "123456789012"),
        ("rocky-mountain-build-7", "123456789012"),
        ("talos-controller", "123456789012"),
        ("RHEL 9 hardened", "123456789012"),
        ("crate-3.0.1-amzn-ami-hvm-2018.03.0.20180412-x86_64-gp2", "123456789012"),
        ("FreeBSD 10.3-RC3-amd64", "118940168514"),
        ("Fedora-Cloud-Base-25-20170626.0.x86_64-us-east-1-PV-gp2-0", "013116697141"),
        ("AMI", "123456789012"),
        ("", "123456789012"),
    ],
)
def test_names_that_merely_mention_a_system_are_no_lookalikes(name: str, account: str) -> None:
    assert not is_lookalike(name, account, "")


def test_a_marketplace_listing_is_no_lookalike_even_without_its_alias() -> None:
    assert not is_lookalike(NOBLE, "679593333241", "")


def test_an_alias_field_that_holds_an_account_id_vouches_for_nothing() -> None:
    assert is_lookalike(NOBLE, STRANGER, STRANGER)
    assert is_lookalike(NOBLE, STRANGER, "self")


def test_an_image_without_an_owner_is_not_accused() -> None:
    assert not is_lookalike(NOBLE, "", "")


@pytest.mark.parametrize(
    "name",
    [
        "ubun\u200btu/images/hvm-ssd/x",
        "\ufeffubuntu/images/hvm-ssd/x",
        "ubuntu\u202e/images/hvm-ssd/x",
        "u\u00adb\u2060untu/images/hvm-ssd/x",
        "ubun␦tu/images/hvm-ssd/x",
        "␦␦␦ubuntu/images/hvm-ssd/x",
        "ubυntu/images/hvm-ssd/x",
        "ubuntu/іmages/hvm-ssd/x",
        "ubuntu⁄images/hvm-ssd/x",
        "ubuntu∕images/hvm-ssd/x",
        "ｕｂｕｎｔｕ／images/hvm-ssd/x",
        "ùbuntu/images/hvm-ssd/x",
        "UBUNTU/IMAGES/hvm-ssd/x",
        "  ubuntu/images/hvm-ssd/x",
        "ubuntu/lmages/hvm-ssd/x",
        "ubuntu/1mages/hvm-ssd/x",
        "al2o23-ami-2023.9.20260105.0-kernel-6.1-x86_64",
        "aI2023-ami-2023.9.20260105.0-kernel-6.1-x86_64",
        "RНEL-9.4.0_HVM-20260105-x86_64-82-Hourly2-GP3",
        "Rοcky-9-EC2-Base-9.4-20260105.0.x86_64",
        "debian‑12‑amd64-20260105-1740",
        "Windоws_Server-2022-English-Full-Base-2026.01.05",
    ],
)
def test_invisible_and_confusable_letters_do_not_hide_an_imitation(name: str) -> None:
    assert is_lookalike(name, STRANGER, "")


@given(st.text(max_size=200))
def test_any_text_can_be_judged(name: str) -> None:
    assert is_lookalike(name, STRANGER, "amazon") is False
    assert is_lookalike(name, STRANGER, "") is (imitated_publisher(name) is not None)


@given(st.sampled_from(sorted(IMITATED)), st.integers(0, 40), st.sampled_from("\u200b\u200d\u2066\ufeff␦"))
def test_an_invisible_character_anywhere_changes_nothing(name: str, place: int, invisible: str) -> None:
    assert is_lookalike(name[:place] + invisible + name[place:], STRANGER, "")


def test_every_labelled_name_of_a_publisher_is_an_imitation_under_a_strangers_account() -> None:
    lines = (Path(__file__).parent / "family_names.tsv").read_text(encoding="utf-8").splitlines()
    names = [name for name in (line.split("\t")[1] for line in lines) if identify(name)]
    assert len(names) > 900
    assert [name for name in names if not is_lookalike(name, STRANGER, "")] == []


@pytest.mark.parametrize(
    "name",
    [
        "ubunut/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240605",
        "ubuntu/images/hvm-ssd/ubntu-jammy-22.04-amd64-server-20240605",
        "debain-12-amd64-20240507-1740",
        "Flatcarr-stable-3815.2.3-hvm",
        "AlmaLinx OS 9.4.20240513 x86_64",
        "Windows_Serwer-2022-English-Full-Base-2026.01.05",
        "bottlerrocket-aws-k8s-1.31-x86_64-v1.26.1-5ff32f9b",
        "Fedora-Clowd-Base-AmazonEC2.x86_64-41-1.4",
    ],
)
def test_one_wrong_letter_does_not_hide_an_imitation(name: str) -> None:
    assert is_lookalike(name, STRANGER, "")


def test_the_viewers_own_image_comes_first_whatever_its_name() -> None:
    assert trust_of(STRANGER, "", ImageFlag.LOOKALIKE | ImageFlag.PUBLIC, (STRANGER,)) is Trust.OWN


@pytest.mark.parametrize("flags", [ImageFlag.LOOKALIKE, ImageFlag.LOOKALIKE | ImageFlag.PUBLIC])
def test_a_lookalike_stays_one_whether_public_or_shared(flags: ImageFlag) -> None:
    assert trust_of(STRANGER, "", flags, ("999988887777",)) is Trust.LOOKALIKE
    assert trust_of(STRANGER, "", flags, ()) is Trust.LOOKALIKE


@pytest.mark.parametrize(
    ("owner", "alias", "flags", "trust"),
    [
        (STRANGER, "amazon", ImageFlag.PUBLIC, Trust.AMAZON),
        ("137112412989", "", ImageFlag.PUBLIC, Trust.AMAZON),
        ("013907871322", "amazon", ImageFlag.PUBLIC, Trust.AMAZON),
        ("099720109477", "", ImageFlag.PUBLIC, Trust.PUBLISHER),
        ("679593333241", "aws-marketplace", ImageFlag.PUBLIC | ImageFlag.PAID, Trust.MARKETPLACE),
        ("679593333241", "", ImageFlag.PUBLIC, Trust.MARKETPLACE),
        (STRANGER, "", ImageFlag.PUBLIC, Trust.UNVERIFIED),
        (STRANGER, "", ImageFlag.PUBLIC | ImageFlag.PAID, Trust.UNVERIFIED),
        (STRANGER, "", NONE, Trust.SHARED),
        (STRANGER, "aws-backup-vault", NONE, Trust.SHARED),
        ("", "", ImageFlag.PUBLIC, Trust.UNVERIFIED),
    ],
)
def test_trust_follows_alias_account_and_visibility(
    owner: str, alias: str, flags: ImageFlag, trust: Trust
) -> None:
    assert trust_of(owner, alias, flags, ("999988887777",)) is trust


def test_an_unknown_viewer_owns_nothing() -> None:
    assert trust_of("", "", NONE, ("",)) is Trust.SHARED
    assert trust_of("", "", NONE, ()) is Trust.SHARED


def test_surer_origins_sort_higher() -> None:
    assert sorted(Trust) == [
        Trust.LOOKALIKE,
        Trust.UNVERIFIED,
        Trust.SHARED,
        Trust.MARKETPLACE,
        Trust.PUBLISHER,
        Trust.AMAZON,
        Trust.OWN,
    ]


_HEADS = [
    *("ubuntu", "ubunut", "amzn", "amzn2", "al2023", "windows", "rhel", "debian"),
    *("bosh", "b", "", "1ubuntu", "u8untu"),
]


@given(
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(_HEADS),
    st.sampled_from(["", "-", " ", "/", "@", "$", "-x", "1-", "!!"]),
    st.text(st.characters(codec="ascii"), max_size=24),
)
def test_no_imitation_is_ruled_out_by_the_beginning_of_its_name(
    blank: str, head: str, mark: str, rest: str
) -> None:
    name = blank + head + mark + rest
    folded = fold(name)
    follows = imitation._followed(folded) or next(
        filter(None, map(imitation._followed, imitation._corrections(folded))), None
    )
    assert imitation.imitated(name) == follows
