"""Settings and places: precedence, checks where values enter, folders that are nobody else's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from amitui.configuration.load import load_settings
from amitui.domain.catalogue.scope import MINE, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.terms import Query, SortOrder
from amitui.domain.region import checked_region, partition_of
from amitui.errors import CacheError, RegionError, UsageError
from amitui.paths import locate, private_dir, write_private
from amitui.services.remembered import ScreenState, fields_of, load_state, save_state
from amitui.settings import ProfileSettings


def config(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return {"config_file": str(path)}


def test_typed_options_win_over_the_environment_over_the_file(tmp_path: Path) -> None:
    file = config(tmp_path, 'profile = "file"\ntheme = "file"\nttl_hours = 6')
    environ = {"HOME": str(tmp_path), "AMITUI_PROFILE": "environment", "AMITUI_THEME": "environment"}
    settings = load_settings({**file, "profile": "typed"}, environ)
    assert (settings.profile, settings.theme, settings.ttl_hours) == ("typed", "environment", 6.0)
    assert settings.page_size == 1000
    assert load_settings({}, {"HOME": str(tmp_path), "AMITUI_PAGE_WORKERS": "0"}).page_workers == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('colour = "red"', "unknown setting 'colour'"),
        ("ttl_hours = 0", "ttl_hours in"),
        ("page_size = 5000", "from 1 to 1000"),
        ("page_workers = 17", "from 0 to 16"),
        ("page_workers = 1.5", "from 0 to 16"),
        ("page_workers = -1", "from 0 to 16"),
        ("calls_per_second = 0", "from 0.2"),
        ("calls_per_second = 0.1", "from 0.2"),
        ("calls_per_second = nan", "from 0.2"),
        ("calls_per_second = true", "from 0.2"),
        ("gone_days = -1", "0 or a number above it"),
        ("cache_limit_mb = 1e12", "below 1e9"),
        ("cache_limit_mb = inf", "below 1e9"),
        ('read_only = "maybe"', "true or false"),
        ('glyphs = "emoji"', "auto or unicode or ascii"),
        ("this is not toml", "cannot read the config file"),
        ("[keys]\nrefresh = 5", "[keys]"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert names in " ".join(caught.value.lines())


def test_a_config_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="config file not found"):
        load_settings({"config_file": str(tmp_path / "none.toml")}, {"HOME": str(tmp_path)})
    assert load_settings({}, {"HOME": str(tmp_path)}).profile is None


def test_lists_may_be_texts_with_commas(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "AMITUI_REGIONS": "eu-west-1, eu-central-1"}
    assert load_settings({}, environ).regions == ("eu-west-1", "eu-central-1")


def test_keys_can_be_remapped(tmp_path: Path) -> None:
    settings = load_settings(config(tmp_path, '[keys]\nrefresh = "ctrl+r"'), {"HOME": str(tmp_path)})
    assert settings.keys == (("refresh", "ctrl+r"),)


def test_each_endpoint_has_a_catalogue_of_its_own(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    places = {
        load_settings({}, home).locations.realm,
        load_settings({"endpoint_url": "http://127.0.0.1:1"}, home).locations.realm,
        load_settings({}, {**home, "AWS_ENDPOINT_URL": "http://127.0.0.1:2"}).locations.realm,
    }
    assert len(places) == 3


def test_relative_xdg_folders_are_ignored_as_the_standard_says(tmp_path: Path) -> None:
    where = locate({"HOME": str(tmp_path), "XDG_CACHE_HOME": "relative", "XDG_STATE_HOME": "/var/state"})
    assert where.cache == str(tmp_path / ".cache" / "amitui")
    assert where.state == "/var/state/amitui"


def test_private_files_are_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "note.json"
    write_private(str(path), "one")
    write_private(str(path), "two")
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["note.json"]


def test_a_file_where_a_folder_should_be_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="file/below cannot be used"):
        private_dir(str(tmp_path / "file" / "below"))


def test_a_path_of_more_parts_than_the_system_takes_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CacheError) as raised:
        private_dir(str(tmp_path / ("a/" * 5_000)))
    assert "too long" in "\n".join(raised.value.lines())


@pytest.mark.parametrize("name", ["../../etc", "", "us-east-1/..", "US-EAST-1", "us-east-1\n", "x" * 300])
def test_what_is_not_a_region_name_never_becomes_a_file_name(name: str) -> None:
    with pytest.raises(RegionError):
        checked_region(name)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
    ],
)
def test_a_region_lies_in_its_partition(region: str, partition: str) -> None:
    assert checked_region(region) == region
    assert partition_of(region) == partition


def test_scopes_are_named_or_account_ids() -> None:
    assert Scope.parse(" Mine ") == Scope("mine")
    assert Scope.parse("099720109477").account_id == "099720109477"
    assert Scope.parse(" '0997–2010–9477' ").account_id == "099720109477"
    with pytest.raises(UsageError, match="unknown scope"):
        Scope.parse("99720109477")


def test_the_screen_comes_back_as_it_was_left(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "screen.json")
    state = ScreenState(regions=("eu-west-1",), scopes=("amazon",), query="ubuntu", sort_column="name")
    save_state(path, state)
    assert load_state(path) == state


@pytest.mark.parametrize("sort", [None, SortOrder("name", False), SortOrder("created", True)])
@pytest.mark.parametrize("scopes", [(MINE,), (Scope("099720109477"), Scope("amazon"))])
def test_a_view_is_found_again_with_its_query_places_and_order(
    scopes: tuple[Scope, ...], sort: SortOrder | None
) -> None:
    view = ViewRequest(
        Query("ubuntu [24", ()), ("eu-west-1", "us-east-1"), scopes, ("111122223333",), True, 5, sort
    )
    state = ScreenState(**fields_of(view))
    assert state.view(accounts=("111122223333",), now=5) == view


def test_a_scope_or_column_that_a_newer_amitui_remembered_counts_as_never_stored() -> None:
    state = ScreenState(scopes=("nearby", "amazon"), sort_column="vendor", query="x")
    view = state.view(accounts=(), now=0)
    assert (view.scopes, view.sort, view.text) == ((Scope("amazon"),), None, "x")
    assert ScreenState(scopes=("nearby",)).view(accounts=(), now=0).scopes == (MINE,)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"regions": 5, "query": ["x"], "show_deprecated": "yes"}', "\x00"]
)
def test_a_damaged_screen_state_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "screen.json"
    path.write_text(text)
    assert load_state(str(path)) == ScreenState()


def test_recent_regions_are_as_many_as_digits() -> None:
    state = ScreenState(recent_regions=tuple(f"eu-west-{n}" for n in range(1, 10)))
    assert state.with_recent(("us-east-1",))[0] == "us-east-1"
    assert len(state.with_recent(("us-east-1",))) == 9


def test_profiles_are_marked_as_production_or_read_only_by_name_or_pattern(tmp_path: Path) -> None:
    text = '[profiles."prod-*"]\nproduction = true\n[profiles.prod-audit]\nread_only = true\n'
    settings = load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert settings.of_profile("prod-web") == ProfileSettings(production=True)
    assert settings.of_profile("prod-audit") == ProfileSettings(production=True, read_only=True)
    assert settings.of_profile("dev") == ProfileSettings()


def test_brackets_in_a_marked_profile_are_letters(tmp_path: Path) -> None:
    text = '[profiles."prod[eu]*"]\nread_only = true\n[profiles."[!x]"]\nread_only = true\n'
    settings = load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert settings.of_profile("prod[eu]").read_only
    assert settings.of_profile("PROD[EU]-web").read_only
    assert settings.of_profile("[!x]").read_only
    assert not settings.of_profile("prode").read_only
    assert not settings.of_profile("y").read_only


def test_a_config_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeffread_only = true\r\n[profiles.x]\r\nproduction = true\r\n"
    settings = load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert settings.read_only
    assert settings.of_profile("x").production


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:0", "http://local host:1", "http://localhost\n:1", "http://localhost/\t", "http://localhost#x",
        "http://localhost:1 ", "http://\ud800", "http://local\u200bhost", "http://localhost:99999", "http:///x",
    ],
)  # fmt: skip
def test_an_endpoint_that_would_be_asked_elsewhere_than_it_says_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="endpoint-url must be a URL"):
        load_settings({"endpoint_url": url}, {"HOME": str(tmp_path)})


def test_no_profile_is_the_default_one(tmp_path: Path) -> None:
    settings = load_settings(config(tmp_path, "[profiles.default]\nread_only = true"), {"HOME": str(tmp_path)})
    assert settings.of_profile(None).read_only
    assert not settings.of_profile("dev").read_only


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profiles = 5", "[profiles.NAME]"),
        ("[profiles]\nprod = true", "[profiles.NAME]"),
        ("accounts = 5", "[accounts]"),
        ("[accounts]\n210987654321 = 5", "[accounts]"),
        ("[accounts]\n12 = 'dev'", "'12' in [accounts]"),
        ("[accounts]\no-demo4t2k9x = 'all'", "'o-demo4t2k9x' in [accounts]"),
        ("[accounts]\n210987654321 = ' '", "needs a printable name"),
        ('[accounts]\n210987654321 = "a\\u001b[2J"', "needs a printable name"),
        ("[profiles.prod]\ncolour = 'red'", "unknown setting 'colour'"),
        ("[profiles.prod]\nread_only = 5", "read_only in [profiles.prod]"),
        ("[profiles.'']\nread_only = true", "names no profile"),
        ("[profiles.' prod']\nread_only = true", "names no profile"),
        ("[profiles.'prod\u00a0']\nread_only = true", "names no profile"),
        ("[profiles.'pr\u200bod']\nread_only = true", "names no profile"),
        ("[profiles.'arn:aws:iam::111122223333:root']\nread_only = true", "twelve digits"),
        pytest.param("x = " + "[" * 100_000, "nested too deep", id="deep"),
    ],
)
def test_a_wrong_profile_entry_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert words in "\n".join(raised.value.lines())


def test_accounts_of_the_address_book_may_have_hyphens(tmp_path: Path) -> None:
    text = "[accounts]\n2109-8765-4321 = 'dev team'\n"
    settings = load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert settings.accounts == (("210987654321", "dev team"),)


def test_the_address_book_names_accounts_and_organizations_in_its_own_order(tmp_path: Path) -> None:
    arn = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
    text = f"[accounts]\n210987654321 = 'dev team'\n'{arn}' = 'everybody at Acme'\n"
    settings = load_settings(config(tmp_path, text), {"HOME": str(tmp_path)})
    assert settings.accounts == (("210987654321", "dev team"), (arn, "everybody at Acme"))
    assert load_settings({}, {"HOME": str(tmp_path)}).accounts == ()


def test_retention_rules_are_read_in_the_configs_order(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[clean.web]\nfamilies = ["web*"]\nkeep = 5\n[clean.base]\nolder_than = "1y"\n')

    found = load_settings({"config_file": str(path)}, {"HOME": str(tmp_path)}).clean

    assert [(rule.name, rule.keep) for rule in found] == [("web", 5), ("base", 3)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clean = 5", "[clean.NAME] in"),
        ("[clean]\nkeep = 5", "[clean.NAME] in"),
        ("[clean.web]\nkeep = 0", "keep = 0 needs older_than"),
        ('[clean."a b"]\nkeep = 1', "its name has to be"),
    ],
)
def test_a_wrong_retention_rule_names_the_file_and_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    with pytest.raises(UsageError) as caught:
        load_settings({"config_file": str(path)}, {"HOME": str(tmp_path)})

    assert words in " ".join(caught.value.lines())
