"""`amitui sql` counts what `amitui find` counts: each image of a Region once, as the accounts in use see it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from amitui.cli import main
from tests.support.parquet import Cache
from tests.support.shared_machines import ACCOUNT, AMAZON, MINE, Machine, image

OTHER, THIRD = "444455556666", "777788889999"


@pytest.fixture
def _profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nregion = eu-west-1"
    each = [
        f"[profile {name}]\n{where}\nsso_account_id = {account}\nsso_role_name = x\n"
        for name, account in (("one", ACCOUNT), ("other", OTHER))
    ]
    (tmp_path / "config").write_text("\n".join(each))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.fixture
async def cache(tmp_path: Path) -> Path:
    """Images that are public and private, own and shared, of two accounts in use and a third, in two Regions."""
    machine = Machine.at(tmp_path / "one")
    public = [image(number) for number in range(4)]
    own_public = image(50, OwnerId=ACCOUNT, Name="own-public", ImageOwnerAlias=None)
    own = image(51, OwnerId=ACCOUNT, Public=False, Name="own-private")
    others = image(52, OwnerId=OTHER, Public=False, Name="others", DeprecationTime="2020-01-01T00:00:00.000Z")
    thirds = image(53, OwnerId=THIRD, Public=False, Name="thirds")
    shared_public = image(1, Name="also-shared")
    for region in ("eu-west-1", "us-east-1"):
        await machine.fetch([*public, own_public], AMAZON._replace(region=region))
        await machine.fetch([own_public, *public[:2]], AMAZON._replace(region=region, owner_scope="community"))
        mine = MINE._replace(region=region)
        shared = mine._replace(owner_scope="shared")
        await machine.fetch([{**own_public, "Name": "as-its-owner-sees-it"}, own], mine)
        await machine.fetch([others, thirds, shared_public], shared)
        await machine.fetch([{**others, "Name": "as-its-owner-sees-it"}], mine._replace(visibility=OTHER))
        await machine.fetch([own, thirds], shared._replace(visibility=OTHER))
        await machine.fetch([thirds], mine._replace(visibility=THIRD))
    accounts = [ACCOUNT, OTHER, THIRD]
    (tmp_path / "published").mkdir()
    await machine.publish(str(tmp_path / "published"), private=accounts)
    await Cache(machine.where).export(tmp_path / "exported", accounts=accounts)
    return Path(machine.where.cache)


@pytest.mark.usefixtures("_profiles")
def test_each_image_of_a_region_is_counted_once_as_the_accounts_in_use_see_it(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed() -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    # One after the other over the same copies: what the last ones have read stays theirs.
    for profiles in (("one", "other"), ("other", "one"), ("one",), ("other",), ()):
        where = ["--cache-dir", str(cache), "--offline", "-o", "csv", *(f"--profile={one}" for one in profiles)]
        everything = ["--all-regions", "--scope", "all", "--include-deprecated"]
        assert main(["find", *everything, *where, ""]) == 0
        shown = sorted((one["Region"], one["ImageId"], one["Name"]) for one in printed())
        assert len({key[:2] for key in shown}) == len(shown) > 8
        for elsewhere in ([], ["--from", str(tmp_path / "published")], ["--from", str(tmp_path / "exported")]):
            assert main(["sql", *where, *elsewhere, "SELECT region, image_id, name FROM images"]) == 0
            assert sorted((one["region"], one["image_id"], one["name"]) for one in printed()) == shown
        assert main(["sql", *where, "SELECT count(*) AS n, count(DISTINCT account) AS a FROM images"]) == 0
        assert printed() == [{"n": str(len(shown)), "a": str(len(profiles))}]
