"""Simulated public images of accounts that nobody vouches for, in the mix and the wording of the real catalogue.

One call makes one image from a random source: the demo asks for a few hundred a region, the benches for 185,000.
"""

from __future__ import annotations

import time
from calendar import timegm
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.records import DAY, LINUX, RHEL, WINDOWS, WINDOWS_EPHEMERAL, ebs, minute_stamp, stamp

if TYPE_CHECKING:
    from random import Random

    from amitui.domain.image.image import RawRecord

BITNAMI: Final = "979382823631"
QUBOLE: Final = "330183209093"
BOSH: Final = "138312800438"
KOPS: Final = "383156758163"
RUNS_ON: Final = "135269210855"
BUILDKITE: Final = "172840064832"

_APPS: Final = (
    "wordpress", "redmine", "ghost", "gitlab", "jenkins", "nodejs", "lamp", "lapp", "nginxstack", "mean",
    "odoo", "moodle", "magento", "drupal", "joomla", "discourse", "mediawiki", "mongodb", "mysql",
    "postgresql", "redis", "rabbitmq", "kafka", "elk", "tomcat", "wildfly", "django", "rubystack", "owncloud",
    "suitecrm", "prestashop", "opencart", "phabricator", "sonarqube", "airflow", "cassandra", "memcached",
    "etcd", "neo4j", "roundcube", "erpnext", "orocrm", "plone", "typo3", "dolibarr", "tensorflow",
    "jupyterhub", "keycloak", "openvpn", "zookeeper",
)  # fmt: skip
_THINGS: Final = (
    "web", "api", "worker", "db", "proxy", "bastion", "vpn", "ci-runner", "build-agent", "gateway",
    "scheduler", "crawler", "minecraft", "monitoring", "grafana", "prometheus", "kafka-broker", "spark",
    "airflow", "render-node", "jumphost", "nat-instance", "packer", "golden", "base", "hardened", "k8s-node",
    "k3s", "ml-training", "license",
)  # fmt: skip
_BY_HAND: Final = (
    "AMI", "Copy", "test", "asd444", "DoNotDelete", "MyDefaultWebServerAMI", "YTCreate", "IM3", "vps8core",
    "wp-app", "backup", "new server", "old server (do not use)", "Tuyul01v.11", "ontanebodol k2", "final",
    "final2", "webserver 1", "testingAmi-DoNotDelete-updated", "snapshot", "my first ami", "prod copy",
    "Next-TCB1", "image 2", "lab3 - student",
)  # fmt: skip
_DISTRIBUTIONS: Final = (
    "ubuntu-22.04", "ubuntu-24.04", "debian-12", "amazon-linux", "al2023", "centos-7", "rocky-9",
    "ubuntu-20.04", "amzn2",
)  # fmt: skip
_OLD_DISTRIBUTIONS: Final = (
    "ubuntu-12.04", "ubuntu-14.04", "ubuntu-16.04", "debian-8", "centos-6", "centos-7", "amazon-linux",
    "ubuntu-18.04",
)  # fmt: skip
_REGIONS: Final = ("us-west-2", "us-east-2", "eu-west-1", "ap-northeast-1", "us-west-1")
_DEPRECATED_TEXT: Final = (
    "This image is deprecated and might include security vulnerabilities. Check the latest, up to date, "
    "version at https://bitnami.com/stacks"
)
_ROOT_SIZES: Final = (8, 8, 8, 8, 8, 10, 10, 10, 10, 30, 30, 20, 20, 40, 50, 100, 16, 5, 2, 64, 250, 500)
_HEX: Final = "0123456789abcdef"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def hexes(rng: Random, count: int) -> str:
    """Random hex digits."""
    return f"{rng.getrandbits(count * 4):0{count}x}"


def uuid_text(rng: Random) -> str:
    """A random UUID; uuid.uuid4 would not repeat itself."""
    text = hexes(rng, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def random_account(rng: Random) -> str:
    """A twelve-digit account id, one in five with leading zeros as in the real catalogue."""
    digits = rng.randrange(10**12)
    return f"{digits // (10 if digits % 5 == 0 else 1):012d}"


def id_and_snapshot(rng: Random, created: int) -> tuple[str, str]:
    """Ids as EC2 gave them at the time: 8 hex digits until early 2018, 17 since."""
    if created < 1_520_000_000:
        return "ami-" + hexes(rng, 8), "snap-" + hexes(rng, 8)
    return "ami-0" + hexes(rng, 16), "snap-0" + hexes(rng, 16)


def created_at(rng: Random, as_of: int) -> int:
    """A creation time as they are spread: two thirds within three years, the rest back to 2010."""
    if rng.random() < 0.67:
        return as_of - DAY // 24 - int(rng.random() ** 1.4 * 3 * 365 * DAY)
    return int(rng.uniform(1_280_000_000, max(1_290_000_000, as_of - 3 * 365 * DAY)))


def _bitnami(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    version = f"{rng.randrange(1, 22)}.{rng.randrange(12)}.{rng.randrange(20)}-{rng.randrange(4)}"
    respin = f"-r{rng.randrange(1, 60):02d}" if rng.random() < 0.6 else ""
    base = rng.choice(("debian-10", "debian-11", "debian-12", "ubuntu-14.04.3", "debian-8", "redhat-7.2"))
    hvm = "hvm-" if rng.random() < 0.7 else ""
    app = rng.choice(_APPS)
    text = _DEPRECATED_TEXT if rng.random() < 0.4 else f"https://bitnami.com/stack/{app}"
    return f"bitnami-{app}-{version}{respin}-linux-{base}-x86_64-{hvm}ebs", text, BITNAMI


def _qubole(rng: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    kind = rng.choice(("hvm", "pv"))
    return f"qbol-{kind}-awsreleaseimage-{time.strftime('%Y/%m/%d.%H-%M-%S', moment)}", None, QUBOLE


def _bosh(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    release = rng.choice(("jammy", "noble", "bionic"))
    return "BOSH-" + uuid_text(rng), f"bosh-aws-xen-hvm-ubuntu-{release}-go_agent 1.{rng.randrange(900)}", BOSH


def _kops(rng: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    version, base = f"1.{rng.randrange(7, 31)}", rng.choice(("jessie", "stretch", "buster"))
    name = f"k8s-{version}-debian-{base}-amd64-hvm-ebs-{time.strftime('%Y-%m-%d', moment)}"
    return name, f"Kubernetes {version} Base Image - Debian {base} amd64", KOPS


def _runs_on(rng: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    name = f"runs-on-v2.2-ubuntu{rng.choice((22, 24))}-full-{rng.choice(('x64', 'arm64'))}"
    return f"{name}-{time.strftime('%Y%m%d%H%M%S', moment)}", "GitHub Actions runner image", RUNS_ON


def _buildkite(_: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    name = f"buildkite-for-aws-{time.strftime('%Y-%m-%dT%H-%M-%SZ', moment)}"
    return name, "buildkite/elastic-ci-stack-for-aws", BUILDKITE


def _packer(rng: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    thing = rng.choice(_THINGS)
    base = rng.choice(_DISTRIBUTIONS if moment.tm_year >= 2023 else _OLD_DISTRIBUTIONS)
    tail = rng.choice(
        (
            f" {timegm(moment)}",
            f"-{timegm(moment)}",
            time.strftime("-%Y-%m-%dT%H-%M-%SZ", moment),
            time.strftime("-%Y%m%d%H%M", moment),
            time.strftime("_%d-%m-%Y", moment),
            time.strftime("-%Y.%m.%d", moment),
        )
    )
    description = rng.choice((None, None, f"{thing} image built by packer", f"Packer build of {thing} on {base}"))
    return f"{thing}-{base}{tail}", description, ""


def _release(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    app = rng.choice(_APPS)
    version = f"v{rng.randrange(6)}.{rng.randrange(20)}.{rng.randrange(9)}"
    name = f"{app} {version}_{hexes(rng, 40)} ebs {rng.choice(('ubuntu', 'centos', 'amazon-linux'))}"
    return name, f"{app.capitalize()} Host", ""


def _imported(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    kernel = f"{rng.choice(('5.15.0', '3.19.0', '4.4.0', '6.8.0'))}-{rng.randrange(20, 120)}-generic"
    system = rng.choice(
        (
            f"Ubuntu {rng.choice(('14.04.2', '20.04.6', '22.04.4'))} LTS \\n \\l - {kernel}",
            "Windows Server 2019 Standard 10.0.17763",
        )
    )
    kind = "Windows" if system.startswith("Windows") else "Linux"
    letters = "".join(rng.choices(_HEX + "ghijkl", k=8))
    return f"import-ami-{letters}", f"AWS-VMImport service: {kind} - {system}", ""


def _by_hand(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    name = rng.choice(_BY_HAND)
    copied = f"[Copied ami-{hexes(rng, 8)} from {rng.choice(_REGIONS)}] {name}"
    return name, rng.choice((None, "", name, name, copied, "-")), ""


def _copied(rng: Random, _: time.struct_time) -> tuple[str, str | None, str]:
    name = f"{rng.choice(_THINGS)} {rng.randrange(1, 40)}"
    source = f"ami-0{hexes(rng, 16)} from {rng.choice(_REGIONS)}"
    return name, f"[Copied {source}] {rng.choice((name, 'undefined'))}", ""


def _patched(rng: Random, moment: time.struct_time) -> tuple[str, str | None, str]:
    day = time.strftime("%Y-%m-%d_%H.%M.%S", moment)
    return f"patchedon_{day}_src_is_ami-{hexes(rng, 8)}-{rng.choice(_THINGS)}", None, ""


_KINDS: Final = (
    (_bitnami, 18, 2012), (_qubole, 5, 2014), (_bosh, 8, 2013), (_kops, 2, 2016), (_runs_on, 6, 2024),
    (_buildkite, 2, 2016), (_packer, 27, 2013), (_release, 8, 2012), (_imported, 5, 2014),
    (_by_hand, 12, 2006), (_copied, 5, 2013), (_patched, 2, 2014),
)  # fmt: skip
"""What strangers' images are, how many of a hundred are so, and since which year."""
_KIND_WEIGHTS: Final = tuple(accumulate(weight for _, weight, _ in _KINDS))


def community_record(rng: Random, as_of: int) -> RawRecord:
    """One public image of a stranger, created before `as_of`."""
    created = created_at(rng, as_of)
    if rng.random() < 0.03:
        return _instance_store(rng, created)
    moment = time.gmtime(created)
    kind, _, since = rng.choices(_KINDS, cum_weights=_KIND_WEIGHTS)[0]
    name, description, owner = (kind if moment.tm_year >= since else _by_hand)(rng, moment)
    owner = owner or random_account(rng)
    image_id, snapshot_id = id_and_snapshot(rng, created)
    modern = created > 1_546_300_800
    windows = rng.random() < 0.05 if description is None else "Windows" in description
    arm = modern and not windows and ("arm64" in name or rng.random() < 0.24)
    i386 = created < 1_420_000_000 and rng.random() < 0.1
    device = rng.choice(("/dev/sda1", "/dev/sda1", "/dev/sda1", "/dev/xvda"))
    volume_type = "gp3" if created > 1_640_000_000 and rng.random() < 0.6 else "gp2" if modern else "standard"
    billing = WINDOWS if windows else RHEL if "redhat" in name else LINUX
    record: RawRecord = {
        "PlatformDetails": billing[0],
        "UsageOperation": billing[1],
        "BlockDeviceMappings": _devices(rng, device, snapshot_id, volume_type, windows=windows),
        "Description": description,
        "EnaSupport": modern or None,
        "Hypervisor": "xen",
        "Name": name,
        "RootDeviceName": device,
        "RootDeviceType": "ebs",
        "SriovNetSupport": "simple" if modern else None,
        "VirtualizationType": "hvm" if modern or "hvm" in name or windows else "paravirtual",
        "BootMode": "uefi" if arm else "uefi-preferred" if created > 1_690_000_000 else None,
        "DeprecationTime": minute_stamp(created + 730 * DAY) if rng.random() < 0.92 else None,
        "ImageId": image_id,
        "ImageLocation": f"{owner}/{name}",
        "State": "available",
        "OwnerId": owner,
        "CreationDate": stamp(created),
        "Platform": "windows" if windows else None,
        "Public": True,
        "Architecture": "arm64" if arm else "i386" if i386 else "x86_64",
        "ImageType": "machine",
    }
    return {key: value for key, value in record.items() if value is not None}


def _devices(
    rng: Random, device: str, snapshot_id: str, volume_type: str, *, windows: bool
) -> list[dict[str, Any]]:
    root = ebs(device, snapshot_id, rng.choice(_ROOT_SIZES), volume_type)
    draw = rng.random()
    if windows:
        return [root, *WINDOWS_EPHEMERAL] if draw < 0.6 else [root]
    if draw < 0.48:
        return [root]
    ephemeral = [{"DeviceName": f"/dev/sd{'bcde'[n]}", "VirtualName": f"ephemeral{n}"} for n in range(4)]
    if draw < 0.72:
        return [root, *ephemeral[:1]]
    if draw < 0.84:
        return [root, *ephemeral[:2]]
    if draw < 0.95:
        return [root, *ephemeral]
    return [root, ebs("/dev/sdf", "snap-0" + hexes(rng, 16), rng.choice(_ROOT_SIZES) * 4, volume_type)]


def _instance_store(rng: Random, created: int) -> RawRecord:
    """An S3-backed image as the early ones are: no name, no root device, often no date."""
    dated = rng.random() < 0.3
    word = "".join(rng.choices(_LETTERS, k=8))
    return {
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "BlockDeviceMappings": [],
        "Hypervisor": "xen",
        "RootDeviceType": "instance-store",
        "VirtualizationType": "paravirtual",
        "ImageId": "ami-" + hexes(rng, 8),
        "ImageLocation": f"{word}/{rng.choice(_APPS)}-{rng.randrange(9)}.{rng.randrange(20)}.manifest.xml",
        "State": "available",
        "OwnerId": random_account(rng),
        "CreationDate": stamp(min(created, 1_400_000_000)) if dated else "",
        "Public": True,
        "KernelId": "aki-" + hexes(rng, 8),
        "RamdiskId": "ari-" + hexes(rng, 8),
        "Architecture": "i386" if rng.random() < 0.4 else "x86_64",
        "ImageType": "machine",
    }
