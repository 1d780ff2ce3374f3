"""Where amitui keeps things on disk, and that nobody else can read or plant them.

Catalogues reveal account ids, image names and tags, so every folder is 0700 and every file 0600, and a path that
belongs to another user or is a symbolic link is refused rather than followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from errno import ENAMETOOLONG, EROFS
from typing import NamedTuple

from amitui.errors import CacheError, UsageError
from amitui.os_faults import Place, explain

FORMAT = "v1"
"""Changes when the layout on disk does; an older layout is left alone beside the new one."""


class Locations(NamedTuple):
    """The folders and files of one set of settings."""

    cache: str
    """Top of the cache: what `amitui cache clear` empties."""
    state: str
    """Folder of what is remembered between starts."""
    config_file: str
    """Empty: nowhere, as there is no home."""
    endpoint_url: str | None = None
    """A custom endpoint has a catalogue of its own: its ids mean nothing to AWS and the other way round. In its
    canonical spelling, so that one endpoint has one."""

    @property
    def realm_name(self) -> str:
        """What tells this endpoint's folders from those of others."""
        if self.endpoint_url is None:
            return "aws"
        import hashlib  # takes 4 ms, which only custom endpoints are made to wait for

        return "endpoint-" + hashlib.sha256(self.endpoint_url.encode()).hexdigest()[:12]

    @property
    def realm(self) -> str:
        """The part of the cache that belongs to this endpoint."""
        return os.path.join(self.cache, FORMAT, self.realm_name)

    @property
    def index_dir(self) -> str:
        """One SQLite file per region; derived, may be deleted."""
        return os.path.join(self.realm, "index")

    @property
    def segments_dir(self) -> str:
        """The diskcache folder with the full records."""
        return os.path.join(self.realm, "segments")

    @property
    def engine_dir(self) -> str:
        """What `amitui sql` asks: copies of this cache and of shared catalogues; derived, may be deleted."""
        return os.path.join(self.realm, "engine")

    @property
    def locks_dir(self) -> str:
        """Lock files that keep two processes from crawling one shard at once."""
        return os.path.join(self.realm, "locks")

    @property
    def use_dir(self) -> str:
        """When each Region was last used."""
        return os.path.join(self.realm, "used")

    @property
    def identities_file(self) -> str:
        """Which account each profile was last seen to be; no credentials."""
        return os.path.join(self.realm, "identities.json")

    @property
    def organizations_file(self) -> str:
        """The accounts of organizations as last listed."""
        return os.path.join(self.realm, "organizations.json")

    @property
    def regions_file(self) -> str:
        """The account's regions as last listed."""
        return os.path.join(self.realm, "regions.json")

    @property
    def instance_types_dir(self) -> str:
        """Each region's instance types as last listed."""
        return os.path.join(self.realm, "instance-types")

    @property
    def screen_file(self) -> str:
        """The last screen state."""
        return os.path.join(self.state, "screen.json")

    @property
    def views_file(self) -> str:
        """The views that were saved under names."""
        return os.path.join(self.state, "views.json")

    @property
    def launches_file(self) -> str:
        """The last launch of each family; of this endpoint, as other clouds have none of its subnets."""
        return os.path.join(self.state, FORMAT, self.realm_name, "launches.json")

    @property
    def gone_file(self) -> str:
        """Images that this endpoint no longer shows. No cache: what is gone cannot be fetched again."""
        return os.path.join(self.state, FORMAT, self.realm_name, "gone.json")

    @property
    def clean_plans_file(self) -> str:
        """The clean-ups that were printed, by hash; of this endpoint, as images of other clouds are others."""
        return os.path.join(self.state, FORMAT, self.realm_name, "clean-plans.json")

    @property
    def journal_file(self) -> str:
        """What was asked of this endpoint, and what became of it. No cache: emptying that leaves it alone."""
        return os.path.join(self.state, FORMAT, self.realm_name, "journal.sqlite")


def locate(
    environ: Mapping[str, str],
    *,
    cache_dir: str | None = None,
    config_file: str | None = None,
    endpoint_url: str | None = None,
    state_dir: str | None = None,
) -> Locations:
    """The locations by XDG's rules: typed options, then `AMITUI_*`, then `XDG_*`, then the defaults under home.

    Raises:
        UsageError: there is no home to put them under, or a path that is not to be taken as it is written.
    """

    def chosen(option: str | None, name: str, variable: str) -> str:
        if option:
            return literal_path(option, environ, name)
        found = environ.get(variable, "")
        return literal_path(found, environ, f"{variable} in the environment") if found else ""

    def xdg(variable: str, default: str) -> str:
        base = environ.get(variable, "")
        # XDG: a relative path is invalid and must be ignored.
        if os.path.isabs(base):
            return os.path.join(literal_path(base, environ, f"{variable} in the environment"), "amitui")
        home = home_of(environ)
        if home is None:
            raise _homeless()
        return os.path.join(literal_path(home, environ, "the home folder"), default, "amitui")

    config = chosen(config_file, "--config", "AMITUI_CONFIG")
    if not config and (os.path.isabs(environ.get("XDG_CONFIG_HOME", "")) or home_of(environ) is not None):
        config = os.path.join(xdg("XDG_CONFIG_HOME", ".config"), "config.toml")
    return Locations(
        cache=chosen(cache_dir, "--cache-dir", "AMITUI_CACHE_DIR") or xdg("XDG_CACHE_HOME", ".cache"),
        state=chosen(state_dir, "the state folder", "AMITUI_STATE_DIR") or xdg("XDG_STATE_HOME", ".local/state"),
        config_file=config,
        endpoint_url=endpoint_url,
    )


def literal_path(text: str, environ: Mapping[str, str], name: str) -> str:
    """An absolute path with `~` replaced and nothing else to be replaced in it, whoever is given it.

    Args:
        name: what it is, for the error: `--cache-dir`.

    Raises:
        UsageError: a `~` that names no home, a `$`, or a character that no path can hold.
    """
    path = text
    if text.startswith("~"):
        user, slash, rest = text[1:].partition("/")
        home = _home_of_user(user) if user else home_of(environ)
        if home is None:
            raise UsageError(
                f"{name} begins with ~{user}, which has no home folder",
                why=f"{text!r} would be taken as the literal folder name",
                remedy="write the full path, or put ./ before it",
            )
        path = home + slash + rest
    path = os.path.abspath(path)
    if "$" in path:
        # The shell leaves it alone in single quotes, and some of the libraries below would replace it themselves.
        raise UsageError(
            f"{name} has a $ in it: {path}",
            why="amitui does not expand variables in paths, and rejects this character",
            remedy="write the full path",
        )
    if "\0" in path:
        raise UsageError(f"{name} contains a character that no path can have")
    return path


def home_of(environ: Mapping[str, str]) -> str | None:
    """The user's home folder; `None`: neither HOME nor the system's list of users names one."""
    home = environ.get("HOME", "")
    return home if os.path.isabs(home) else _home_of_user("")


def _home_of_user(user: str) -> str | None:
    import pwd  # nobody waits for it who has HOME

    try:
        home = (pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())).pw_dir
    except KeyError:
        return None
    return home if os.path.isabs(home) else None


def _homeless() -> UsageError:
    return UsageError(
        "no home folder to store files in",
        why=f"HOME is not set, and user {os.getuid()} has no entry in the user database",
        remedy="set HOME; or set --cache-dir DIR for the cache and AMITUI_STATE_DIR for the journal",
    )


def private_dir(path: str) -> str:
    """Make `path` a folder that only its user can enter, and return it.

    Raises:
        CacheError: it cannot be made, is a link, or belongs to another user.
    """
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            raise CacheError(
                f"{path} is a symbolic link",
                why="amitui does not follow links in its cache: the link's creator would control what it reads",
                remedy="remove the link, or choose another folder with --cache-dir",
            )
        if found.st_uid != os.geteuid():
            raise belongs_to_another(path, found.st_uid)
        if stat.S_IMODE(found.st_mode) & 0o077:
            _close_to_others(path, found.st_mode)
    except OSError as error:
        raise explain(error, _place(f"the folder {path}")) from error
    except RecursionError as error:
        # `makedirs` goes through the parts of a path before the system can say that these are too many.
        too_long = OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG), path)
        raise explain(too_long, _place(f"the folder {path}")) from error
    return path


def _close_to_others(path: str, mode: int) -> None:
    try:
        os.chmod(path, 0o700)
    except OSError as error:
        # A cache that came with a read-only image of a disk, say: nobody can write there, and its user can read.
        if error.errno != EROFS or mode & 0o022:
            raise


def names_in(path: str) -> list[str]:
    """The names in a folder of amitui's own, for reading; none when there is no folder.

    Raises:
        CacheError: it cannot be read, or belongs to another user, who would choose what is shown.
    """
    try:
        owner = os.stat(path).st_uid
        if owner not in (os.geteuid(), 0):
            raise belongs_to_another(path, owner)
        return os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise explain(error, _place(f"the folder {path}")) from error


def _place(name: str) -> Place:
    return Place(
        name,
        elsewhere="use another folder: --cache-dir DIR (AMITUI_STATE_DIR for the journal and state)",
        mend="check the disk",
    )


def belongs_to_another(path: str, owner: int) -> CacheError:
    """The words for what is another user's."""
    return CacheError(
        f"{path} belongs to another user",
        why=f"its owner is uid {owner}, you are uid {os.geteuid()}",
        remedy="use a folder that you own: --cache-dir DIR (AMITUI_STATE_DIR for the journal and state)",
    )


def write_private(path: str, content: str | bytes) -> None:
    """Replace the file `path` with `content` as a whole, readable by its user only.

    Raises:
        CacheError: the disk is full, the folder read-only, …; the old file is then still there.
    """
    private_dir(os.path.dirname(path))
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise explain(error, _place(path)) from error
