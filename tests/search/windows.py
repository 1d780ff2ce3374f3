"""Windows Server: years, editions, languages, SQL Server, roles and prefixes."""

from __future__ import annotations

from typing import Final

from tests.search.amazon import KUBERNETES
from tests.search.records import Catalogue, Publisher

WINDOWS: Final = Publisher("801119661308", "amazon")


def add_windows(to: Catalogue) -> None:
    """All families of Windows."""
    _windows(to)
    _windows_roles(to)


_LANGUAGES: Final = {
    "ja": "Japanese",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "ko": "Korean",
    "pt": "Portuguese_Brazil",
    "ru": "Russian",
    "zh": "Chinese_Simplified",
    "zh-tw": "Chinese_Traditional",
}
_YEARS: Final = ("2016", "2019", "2022", "2025")


def _windows_family(
    to: Catalogue, label: str, words: str, *, newest: float = 8, platform: str = "Windows"
) -> None:
    to.add(
        f"win {label}",
        WINDOWS,
        words + "-{Dp}",
        newest=newest,
        every=29,
        releases=("", "", "", "", ""),
        description=f"Microsoft {words.replace('_', ' ').replace('-', ' ')} AMI provided by Amazon",
        platform=platform,
    )


def _windows(to: Catalogue) -> None:
    for year in _YEARS:
        for label, edition in (("", "Full"), (" core", "Core")):
            _windows_family(to, f"{year}{label}", f"Windows_Server-{year}-English-{edition}-Base")
        for code, language in _LANGUAGES.items():
            _windows_family(to, f"{year} {code}", f"Windows_Server-{year}-{language}-Full-Base", newest=7.9)
        _windows_family(to, f"{year} core ja", f"Windows_Server-{year}-Japanese-Core-Base", newest=7.9)
        sql_years = {"2016": ("2017", "2019"), "2019": ("2019", "2022")}.get(year, ("2019", "2022", "2025"))
        for sql_year in sql_years:
            for kind in ("Express", "Web", "Standard", "Enterprise"):
                platform = "Windows" if kind == "Express" else f"Windows with SQL Server {kind}"
                for label, edition in (("", "Full"), (" core", "Core")):
                    _windows_family(
                        to,
                        f"{year}{label} sql{sql_year} {kind.lower()}",
                        f"Windows_Server-{year}-English-{edition}-SQL_{sql_year}_{kind}",
                        newest=5 - len(kind) / 50,
                        platform=platform,
                    )
        _windows_family(
            to,
            f"{year} ja sql{sql_years[0]} standard",
            f"Windows_Server-{year}-Japanese-Full-SQL_{sql_years[0]}_Standard",
            newest=4.5,
            platform="Windows with SQL Server Standard",
        )


def _windows_roles(to: Catalogue) -> None:
    for year in _YEARS:
        for label, edition in (("", "Full"), (" core", "Core")):
            start = f"Windows_Server-{year}-English-"
            if year in ("2019", "2022", "2025"):
                _windows_family(to, f"{year}{label} ecs", f"{start}{edition}-ECS_Optimized", newest=4)
                for minor in KUBERNETES[1:]:
                    words = f"{start}{edition}-EKS_Optimized-{minor}"
                    _windows_family(to, f"{year}{label} eks {minor}", words, newest=3)
            _windows_family(to, f"{year}{label} stig", f"{start}STIG-{edition}", newest=2)
        if year != "2025":
            _windows_family(to, f"{year} core containers", f"Windows_Server-{year}-English-Core-ContainersLatest")
        _windows_family(to, f"{year} hyperv", f"Windows_Server-{year}-English-Full-HyperV", newest=7.5)
    for year, prefix, label in (
        ("2019", "TPM", "tpm"), ("2022", "TPM", "tpm"), ("2025", "BIOS", "bios"),
        ("2016", "EC2LaunchV2", "launchv2"), ("2019", "EC2LaunchV2", "launchv2"),
    ):  # fmt: skip
        for core, edition in (("", "Full"), (" core", "Core")):
            words = f"{prefix}-Windows_Server-{year}-English-{edition}-Base"
            _windows_family(to, f"{year}{core} {label}", words, newest=7.7)
