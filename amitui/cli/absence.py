"""Why `amitui find` found nothing, and what it says of a name that is gone or deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.scope import ALL, COMMUNITY
from amitui.domain.query.intent import whole_name
from amitui.domain.query.terms import Flag, Glob, Literal, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow


def why_nothing(reader: CatalogReader, view: ViewRequest, deprecated_hidden: int) -> Iterator[str]:
    """The lines to be said where no image matches; one at least."""
    from amitui.domain.query.suggest import corrected, suggestions

    where = ", ".join(view.regions)
    scopes = "" if ALL in view.scopes else f" in {', '.join(scope.name for scope in view.scopes)}"
    yield f"nothing{scopes} of {where} matches {view.text or 'an empty query'}"
    cached = {status.shard.region for status in reader.shards(view.regions) if status.is_visible_to(view.accounts)}
    for region in view.regions:
        if region not in cached:
            yield f"nothing of {region} is cached: amitui sync {region} fetches it"
    for suggestion in suggestions(view.query):
        yield f"no image is known as {suggestion.typed}: did you mean {suggestion.meant}?"
    better = corrected(view.query)
    if better is not None:
        yield f'try: amitui find "{better}"'
        return
    if deprecated_hidden:
        return  # that some are deprecated has been said
    for image_id in view.query.image_ids():
        yield f"{image_id} is in no cached Region"
    if view.query.image_ids():
        return
    if cached:
        yield from _wider(reader, view)
        yield from _blamed(reader, view)


def _wider(reader: CatalogReader, view: ViewRequest) -> Iterator[str]:
    """What would be found with one restriction less."""
    if ALL not in view.scopes and reader.first(view._replace(scopes=(ALL,)), 1)[0]:
        yield "other scopes have some: add --scope all"
    elif view.query.asks_for_lookalikes and COMMUNITY not in view.scopes:
        yield "look-alikes are images of strangers: --scope community fetches and searches these"
    if view.query.latest:
        clauses = tuple(clause for clause in view.query.clauses if not _is_trusted(clause[0]))
        everybody = view._replace(query=view.query._replace(clauses=clauses, latest=False))
        if reader.first(everybody, 1)[0]:
            yield "accounts that nobody vouches for have some, or images that are not available: without --latest"


def _is_trusted(literal: Literal) -> bool:
    predicate = literal.predicate
    return isinstance(predicate, Flag) and predicate.name == "trusted" and predicate.on and not literal.negated


def _blamed(reader: CatalogReader, view: ViewRequest) -> Iterator[str]:
    """Which of several words by itself already has no match."""
    if len(view.query.clauses) < 2:
        return
    for clause in view.query.clauses:
        alone = Query("", (clause,))
        words = [getattr(literal.predicate, "text", "") for literal in clause]
        if all(words) and not clause[0].negated and not reader.first(view._replace(query=alone), 1)[0]:
            yield f"no image has {' or '.join(words)}"


def of_a_name(reader: CatalogReader, view: ViewRequest, best: ImageRow) -> str | None:
    """What to say where a whole name was asked for and another image answers; `None` where nothing is to be said.

    Args:
        best: the first match.
    """
    name = whole_name(view.query)
    if not name or best.name.lower() == name.lower():
        return None
    from amitui.domain.products.reading import identity_of

    if identity_of(name) is None:
        return None
    exact = Glob("name", (name.lower().replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?"),))
    named = view._replace(query=Query("", ((Literal(exact),),)), show_deprecated=True)
    keys, _ = reader.first(named, 1)
    if keys:
        return f"{name} is deprecated (--include-deprecated shows it); the newest of its family is {best.name}"
    return f"{name} is not listed: gone, or never there; the newest of its family is {best.name}"
