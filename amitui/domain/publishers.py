"""The publishers whose accounts are known: account ↔ name, and the name patterns that are theirs.

An account id cannot be forged and an AMI's name can, so everything here that vouches goes by account. The accounts
are those with published evidence; ones that were only rumoured (SUSE and Windows in China, Kali) are left out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

AMAZON_ALIAS: Final = "amazon"
"""ImageOwnerAlias of Amazon and of the partners that Amazon verified."""

MARKETPLACE_ALIAS: Final = "aws-marketplace"

BACKUP_ALIAS: Final = "aws-backup-vault"

MARKETPLACE_ACCOUNT: Final = "679593333241"
"""Owns every Marketplace listing, whoever sells it."""

_GOV: Final = "aws-us-gov"
_CHINA: Final = "aws-cn"


class Publisher(NamedTuple):
    """Someone whose images people look for by name."""

    name: str
    accounts: tuple[str, ...]
    """In the commercial partition `aws`; empty when the account differs by Region and only the alias tells."""
    words: tuple[str, ...] = ()
    """Everyday words for it, lower case, matched as a whole."""
    name_patterns: tuple[str, ...] = ()
    """Globs of image names that only this publisher uses: under another account they imitate it."""
    amazon: bool = False
    """Amazon's own: its images carry the alias `amazon` and come with the Amazon scope."""
    govcloud: tuple[str, ...] = ()
    china: tuple[str, ...] = ()

    def accounts_in(self, partition: str) -> tuple[str, ...]:
        """Its accounts in one partition; none in those where no account is known."""
        if partition == "aws":
            return self.accounts
        if partition == _GOV:
            return self.govcloud
        return self.china if partition == _CHINA else ()

    @property
    def every_account(self) -> tuple[str, ...]:
        """Its accounts in all partitions."""
        return self.accounts + self.govcloud + self.china


PUBLISHERS: Final[tuple[Publisher, ...]] = (
    Publisher(
        "Amazon Linux",
        ("137112412989",),
        ("amazon", "amazonlinux", "al1", "al2", "al2023", "amzn", "amzn2"),
        ("al2023-ami-*", "amzn2-ami-*", "amzn-ami-*"),
        amazon=True,
    ),
    Publisher(
        "Amazon Windows",
        ("801119661308",),
        ("amazon", "microsoft", "windows server"),
        ("Windows_Server-*",),
        amazon=True,
    ),
    Publisher(
        "Amazon ECS",
        ("591542846629", "665337139932", "050734284575"),
        ("amazon",),
        amazon=True,
    ),
    Publisher("Amazon EKS", ("602401143452",), ("amazon",), ("amazon-eks-*node-*",), amazon=True),
    Publisher("Elastic Beanstalk", ("102837901569",), ("amazon",), ("aws-elasticbeanstalk-*",), amazon=True),
    Publisher("AWS Deep Learning", ("898082745236",), ("amazon", "dlami"), amazon=True),
    Publisher("Amazon macOS", ("628277914472",), ("amazon", "mac"), ("amzn-ec2-macos-*",), amazon=True),
    Publisher("Bottlerocket", ("092701018921",), ("amazon",), ("bottlerocket-*",), amazon=True),
    Publisher(
        "Canonical",
        ("099720109477",),
        ("ubuntu",),
        (
            "ubuntu/images/*",
            "ubuntu/images-*",
            "ubuntu-minimal/images*",
            "ubuntu-pro-*/images*",
            "ubuntu-eks*/images*",
            "ubuntu-*-??.??-amd64-server-*",
            "ubuntu-*-??.??-arm64-server-*",
        ),
        govcloud=("513442679011",),
        china=("837727238323",),
    ),
    Publisher(
        "Red Hat",
        ("309956199498",),
        ("redhat", "rhel", "red hat enterprise linux"),
        ("RHEL-*_HVM-*", "RHEL-*_HVM_*", "RHEL_HA-*_HVM-*"),
        govcloud=("219670896067",),
        china=("841258680906",),
    ),
    Publisher(
        "Debian",
        ("136693071363", "379101102735"),
        (),
        ("debian-1?-amd64-*", "debian-1?-arm64-*"),
    ),
    Publisher("Fedora / CentOS", ("125523088429",), ("fedora", "centos", "fedora coreos", "fcos")),
    Publisher("SUSE", ("013907871322",), ("sles", "opensuse"), ("suse-sles-*",)),
    Publisher("Rocky Linux", ("792107900819",), ("rockylinux",), ("Rocky-*-EC2-*",)),
    Publisher("AlmaLinux", ("764336703387",), ("alma", "alma linux"), ("AlmaLinux OS *",)),
    Publisher("Oracle Linux", ("131827586825",), ("oraclelinux", "ol")),
    Publisher("FreeBSD", ("782442783595",), ("bsd",)),
    Publisher("Flatcar", ("075585003325",), ("kinvolk",)),
    Publisher("NixOS", ("427812963091",), ("nix",), ("nixos/*",)),
    Publisher("Talos", ("540036508848",), ("sidero", "siderolabs"), ("talos-v*",)),
    Publisher("Arch Linux", ("647457786197",), ("arch", "archlinux")),
)
"""Amazon's own first, then by how often they are looked for."""

_BY_ACCOUNT: Final[dict[str, Publisher]] = {
    account: publisher for publisher in PUBLISHERS for account in publisher.every_account
}
_NAMES: Final[dict[str, str]] = {account: publisher.name for account, publisher in _BY_ACCOUNT.items()}
_NAMES[MARKETPLACE_ACCOUNT] = "AWS Marketplace"
_ALIAS_NAMES: Final = {AMAZON_ALIAS: "Amazon", MARKETPLACE_ALIAS: "AWS Marketplace", BACKUP_ALIAS: "AWS Backup"}


def publisher_of(owner_id: str) -> Publisher | None:
    """The known publisher that an account belongs to."""
    return _BY_ACCOUNT.get(owner_id)


def publisher_name(owner_id: str, owner_alias: str) -> str:
    """The publisher in words; empty when the account is nobody's that is known and AWS gives it no alias."""
    return _NAMES.get(owner_id) or _ALIAS_NAMES.get(owner_alias, "")


def publisher_accounts(partition: str = "aws") -> tuple[str, ...]:
    """The accounts that the Publishers scope asks EC2 for; Amazon's own are left to the Amazon scope."""
    return tuple(
        account for publisher in PUBLISHERS if not publisher.amazon for account in publisher.accounts_in(partition)
    )


def accounts_named(text: str, partition: str = "") -> tuple[str, ...]:
    """The accounts of the publishers that `text` names, in any case; a partition of "" means all of them.

    A publisher is named by a part of its name (`canon`) or by an everyday word for it (`ubuntu`, `amazon`).
    """
    wanted = " ".join(text.lower().split())
    if not wanted:
        return ()
    named = [p for p in PUBLISHERS if wanted in p.name.lower() or wanted in p.words]
    if partition:
        accounts = [account for p in named for account in p.accounts_in(partition)]
    else:
        accounts = [account for p in named for account in p.every_account]
    if wanted in ("marketplace", "aws marketplace", MARKETPLACE_ALIAS):
        accounts.append(MARKETPLACE_ACCOUNT)
    return tuple(accounts)
