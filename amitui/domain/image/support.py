"""How long operating systems are supported: a hand-kept table with the date it was read.

The dates are endoflife.date's, as of `SUPPORT_AS_OF`. Where only a month is published its last day stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

SUPPORT_AS_OF: Final = date(2026, 8, 22)
"""When the table was taken; vendors move such dates."""


@dataclass(frozen=True, slots=True)
class Support:
    """The support window of one release of an operating system."""

    release: str
    """What the dates are for, such as `RHEL 9` for an image of `RHEL 9.4`."""
    free_until: date
    """Last day of the vendor's ordinary support, without a further contract."""
    paid_until: date | None = None
    """Last day of what follows: long-term, maintenance or paid support. `None`: nothing follows that is known."""

    def ended(self, day: date) -> bool:
        """Whether no support of any kind is left on that day."""
        return day > (self.paid_until or self.free_until)

    def ordinary_ended(self, day: date) -> bool:
        """Whether ordinary support is over, though a longer one may still run."""
        return day > self.free_until


def support_of(os_label: str) -> Support | None:
    """The support window for a label of `os_of`; `None` when the release is unknown or not in the table.

    Point releases of RHEL count as their major release: the table has no dates for them.
    """
    label = os_label
    dates = _dates_of(label)
    if dates is None and label.startswith(("RHEL ", "Oracle Linux ", "CentOS ", "Debian ")):
        label = label.partition(".")[0]
        dates = _dates_of(label)
    if dates is None:
        return None
    free, paid = dates
    return Support(label, date.fromisoformat(free), date.fromisoformat(paid) if paid else None)


def _dates_of(label: str) -> tuple[str, str] | None:
    if label in _DATES:
        return _DATES[label]
    from amitui.domain.image.ended_support import ENDED  # not needed for what is still supported

    return ENDED.get(label)


_DATES: Final[dict[str, tuple[str, str]]] = {
    "Amazon Linux 2023": ("2027-06-30", "2029-06-30"),
    "Amazon Linux 2": ("2026-06-30", ""),
    "Amazon Linux 1": ("2023-12-31", ""),
    "Ubuntu 20.04": ("2025-05-31", "2030-04-30"),
    "Ubuntu 22.04": ("2027-04-01", "2032-04-30"),
    "Ubuntu 24.04": ("2029-05-31", "2036-05-31"),
    "Ubuntu 25.04": ("2026-01-17", ""),
    "Ubuntu 25.10": ("2026-07-01", ""),
    "Ubuntu 26.04": ("2031-04-30", "2036-04-30"),
    "Debian 11": ("2024-08-14", "2026-08-31"),
    "Debian 12": ("2026-07-11", "2028-06-30"),
    "Debian 13": ("2028-08-09", "2030-06-30"),
    "RHEL 7": ("2024-06-30", "2029-05-31"),
    "RHEL 8": ("2029-05-31", ""),
    "RHEL 9": ("2032-05-31", ""),
    "RHEL 10": ("2035-05-31", ""),
    "Rocky 8": ("2029-05-31", ""),
    "Rocky 9": ("2032-05-31", ""),
    "Rocky 10": ("2035-05-31", ""),
    "AlmaLinux 8": ("2029-05-31", ""),
    "AlmaLinux 9": ("2032-05-31", ""),
    "AlmaLinux 10": ("2035-05-31", ""),
    "CentOS 7": ("2024-06-30", ""),
    "CentOS 8": ("2021-12-31", ""),
    "CentOS Stream 8": ("2024-05-31", ""),
    "CentOS Stream 9": ("2027-05-31", ""),
    "CentOS Stream 10": ("2030-05-31", ""),
    "Oracle Linux 7": ("2024-12-31", "2028-06-30"),
    "Oracle Linux 8": ("2029-07-31", ""),
    "Oracle Linux 9": ("2032-06-30", ""),
    "SLES 12 SP5": ("2024-10-31", "2027-10-31"),
    "SLES 15 SP6": ("2025-12-31", "2028-12-31"),
    "SLES 15 SP7": ("2031-07-31", "2034-07-31"),
    "SLES 16.0": ("2027-11-30", "2030-11-30"),
    "Windows 2012": ("2023-10-10", "2026-10-13"),
    "Windows 2012 R2": ("2023-10-10", "2026-10-13"),
    "Windows 2016": ("2027-01-12", ""),
    "Windows 2019": ("2029-01-09", ""),
    "Windows 2022": ("2031-10-14", ""),
    "Windows 2025": ("2034-11-14", ""),
    "Fedora 42": ("2026-05-27", ""),
    "Fedora 43": ("2026-12-09", ""),
    "Fedora 44": ("2027-06-02", ""),
    "FreeBSD 14-STABLE": ("2028-11-30", ""),
    "FreeBSD 15-STABLE": ("2029-12-31", ""),
    "FreeBSD 14.4": ("2026-12-31", ""),
    "FreeBSD 15.1": ("2027-03-31", ""),
    "NixOS 25.11": ("2026-06-30", ""),
    "NixOS 26.05": ("2026-12-31", ""),
    "openSUSE Leap 15.6": ("2026-04-30", ""),
    "openSUSE Leap 16.0": ("2027-10-31", ""),
}
"""By the label of `os_of`: (end of ordinary support, end of what follows it or "")."""
