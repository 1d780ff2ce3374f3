"""Made of the data files by `python -m amitui.domain.products.build`; not to be edited."""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from typing import Final, NamedTuple


class PublisherEntry(NamedTuple):
    """A publisher as its data file has it; see `domain.publishers.Publisher`."""

    name: str
    accounts: tuple[str, ...]
    words: tuple[str, ...]
    amazon: bool
    listed: bool
    marketplace: bool
    govcloud: tuple[str, ...]
    china: tuple[str, ...]
    imitations: tuple[str, ...]
    as_of: str
    products: tuple[str, ...]


ENTRIES: Final[tuple[PublisherEntry, ...]] = (
    PublisherEntry('Amazon Linux', ('137112412989',), ('amazon', 'amazonlinux', 'al1', 'al2', 'al2023', 'amzn', 'amzn2'), amazon=True, listed=True, marketplace=False, govcloud=('045324592363',), china=('141808717104',), imitations=(), as_of='2026-10-31', products=('amazon-linux-2023', 'amazon-linux-2022', 'amazon-linux-2', 'amazon-linux-1', 'amazon-nat')),
    PublisherEntry('Amazon Windows', ('801119661308', '442396546477', '777534740333', '159365745649', '903064639964', '311529897437', '002667544638', '767398017123', '194652444849', '536790793924', '460214486919', '688423173695', '185158320714', '878052572473', '162367869970', '574179025982'), ('amazon', 'microsoft', 'windows server'), amazon=True, listed=True, marketplace=False, govcloud=('077303321853',), china=(), imitations=(), as_of='2026-10-31', products=('windows-server',)),
    PublisherEntry('Amazon ECS', ('591542846629', '665337139932', '050734284575'), ('amazon',), amazon=True, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('ecs-amazon-linux-2023', 'ecs-amazon-linux-2', 'ecs-amazon-linux-1')),
    PublisherEntry('Amazon EKS', ('602401143452', '877085696533', '800184023465', '900889452093', '296578399912', '491585149902', '761377655185', '900612956339', '590381155156', '455263428931', '066635153087', '759879836304', '558608220178'), ('amazon',), amazon=True, listed=True, marketplace=False, govcloud=('013241004608', '151742754352'), china=('918309763551', '961992271922'), imitations=(), as_of='2026-10-31', products=('eks-amazon-linux-2023', 'eks-amazon-linux-2')),
    PublisherEntry('Elastic Beanstalk', ('102837901569',), ('amazon',), amazon=True, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('beanstalk-amazon-linux-2023', 'beanstalk-amazon-linux-2', 'beanstalk-amazon-linux-1')),
    PublisherEntry('AWS Deep Learning', ('898082745236',), ('amazon', 'dlami'), amazon=True, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('deep-learning',)),
    PublisherEntry('Amazon macOS', ('628277914472',), ('amazon', 'mac'), amazon=True, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('macos',)),
    PublisherEntry('Bottlerocket', ('092701018921',), ('amazon',), amazon=True, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('bottlerocket-eks', 'bottlerocket-ecs')),
    PublisherEntry('AWS ParallelCluster', ('247102896272',), ('amazon', 'pcluster'), amazon=True, listed=True, marketplace=False, govcloud=('124026578433',), china=('036028979999',), imitations=(), as_of='2026-10-31', products=('parallelcluster',)),
    PublisherEntry('Canonical', ('099720109477',), ('ubuntu',), amazon=False, listed=True, marketplace=False, govcloud=('513442679011',), china=('837727238323',), imitations=('ubuntu/images/*', 'ubuntu/images-*', 'ubuntu-minimal/images*', 'ubuntu-pro-*/images*', 'ubuntu-eks*/images*', 'ubuntu-*-??.??-amd64-server-*', 'ubuntu-*-??.??-arm64-server-*'), as_of='2026-10-31', products=('ubuntu', 'ubuntu-eks')),
    PublisherEntry('Red Hat', ('309956199498',), ('redhat', 'rhel', 'red hat enterprise linux'), amazon=False, listed=True, marketplace=False, govcloud=('219670896067',), china=('841258680906',), imitations=('RHEL-*_HVM-*', 'RHEL-*_HVM_*', 'RHEL_HA-*_HVM-*'), as_of='2026-10-31', products=('rhel',)),
    PublisherEntry('Debian', ('136693071363', '379101102735', '903794441882'), (), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('debian',)),
    PublisherEntry('Fedora / CentOS', ('125523088429', '013116697141'), ('fedora', 'centos', 'fedora coreos', 'fcos'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('fedora', 'fedora-coreos', 'centos-stream', 'centos')),
    PublisherEntry('SUSE', ('013907871322',), ('sles', 'opensuse'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('sles', 'sles-sap', 'sle-micro', 'suse-caasp')),
    PublisherEntry('Rocky Linux', ('792107900819',), ('rockylinux',), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=('Rocky-*-EC2-*',), as_of='2026-10-31', products=('rocky',)),
    PublisherEntry('AlmaLinux', ('764336703387',), ('alma', 'alma linux'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=('AlmaLinux OS *',), as_of='2026-10-31', products=('almalinux', 'almalinux-kitten')),
    PublisherEntry('Oracle Linux', ('131827586825',), ('oraclelinux', 'ol'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('oracle-linux',)),
    PublisherEntry('FreeBSD', ('782442783595', '118940168514'), ('bsd',), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('freebsd',)),
    PublisherEntry('Flatcar', ('075585003325',), ('kinvolk',), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('flatcar',)),
    PublisherEntry('NixOS', ('427812963091',), ('nix',), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=('nixos/*',), as_of='2026-10-31', products=('nixos',)),
    PublisherEntry('Talos', ('540036508848',), ('sidero', 'siderolabs'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=('talos-v*',), as_of='2026-10-31', products=('talos',)),
    PublisherEntry('Arch Linux', ('647457786197',), ('arch', 'archlinux'), amazon=False, listed=True, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('arch-linux',)),
    PublisherEntry('fck-nat', ('568608671756',), (), amazon=False, listed=False, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('fck-nat',)),
    PublisherEntry('Bitnami', ('979382823631',), (), amazon=False, listed=False, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('bitnami',)),
    PublisherEntry('Cluster API (CAPA)', ('819546954734',), ('capa',), amazon=False, listed=False, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('capa',)),
    PublisherEntry('SPEL', ('174003430611',), (), amazon=False, listed=False, marketplace=False, govcloud=('216406534498',), china=(), imitations=(), as_of='2026-10-31', products=('spel',)),
    PublisherEntry('CoreOS', ('595879546273',), (), amazon=False, listed=False, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('coreos-container-linux',)),
    PublisherEntry('kops', ('383156758163',), (), amazon=False, listed=False, marketplace=False, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('kops',)),
    PublisherEntry('Fortinet', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('fortigate', 'fortinet-other')),
    PublisherEntry('Palo Alto Networks', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('pa-vm', 'panorama')),
    PublisherEntry('CIS', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('cis',)),
    PublisherEntry('OpenVPN', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('openvpn',)),
    PublisherEntry('F5', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('big-ip',)),
    PublisherEntry('Cisco', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('c8000v',)),
    PublisherEntry('Check Point', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('checkpoint',)),
    PublisherEntry('Kali', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('kali',)),
    PublisherEntry('openSUSE', (), (), amazon=False, listed=False, marketplace=True, govcloud=(), china=(), imitations=(), as_of='2026-10-31', products=('opensuse-leap',)),
)
"""By rank."""
