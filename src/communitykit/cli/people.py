"""`communitykit people`: who stands behind the accounts of a store."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import parse
from communitykit.cli.app import Json, Overwrite, app, errors
from communitykit.cli.configured import STORE, FromConfig, StoreArgument, StoreOption, configured, one_of, store_of
from communitykit.cli.grouping import Below
from communitykit.cli.output import Exit, print_json, print_table, replacing, say, say_replaced, warn
from communitykit.cli.shared import Answering, App
from communitykit.errors import SettingsError
from communitykit.printable import counted

if TYPE_CHECKING:
    from communitykit.model.values import JSON
    from communitykit.people.resolve import Resolution


class _People(Below):
    """`people STORE` is `people resolve STORE`."""

    def parse_args(self, ctx: JSON, args: list[str]) -> list[str]:
        """Put the command in where it is left out."""
        if args and args[0] not in self.commands and args[0] != "--help" and not self._is_misspelt(args[0]):
            args = ["resolve", *args]
        return super().parse_args(ctx, args)

    def _is_misspelt(self, word: str) -> bool:
        """Tell whether a word is almost a command's name, and no store's."""
        return bool(get_close_matches(word, self.commands)) and not Path(word).exists()


people_app = App(
    cls=_People, help="Find who stands behind the accounts: `people STORE`. Decide about them.", no_args_is_help=True
)
app.add_typer(people_app, name="people")

Account = Annotated[str, typer.Argument(help="An account: its id, address or handle.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: this machine's user.")]


@people_app.command("resolve")
def resolve_people(  # noqa: PLR0913 # the options of the command
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="OLD=NEW", help="Addresses of both domains are the same."),
    ] = None,
    handle_domain: Annotated[
        list[str] | None,
        typer.Option(
            "--handle-domain",
            metavar="NETWORK=DOMAIN",
            help="Handles of a network (slack:T1, or slack for all) are addresses of this domain.",
        ),
    ] = None,
    shared: Annotated[
        list[str] | None,
        typer.Option("--shared", metavar="LOCAL", help="Addresses that begin so (LOCAL@…) are shared mailboxes."),
    ] = None,
    leader: Annotated[
        list[str] | None,
        typer.Option("--leader", metavar="WHO", help="Who leads: account id, address or employee number."),
    ] = None,
    leader_title: Annotated[
        str | None, typer.Option("--leader-title", metavar="REGEX", help="Job titles of who leads.")
    ] = None,
    leader_depth: Annotated[
        int | None, typer.Option("--leader-depth", metavar="N", help="Who has at most N managers above leads.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the options of earlier times.")] = False,
    as_json: Json = False,
) -> None:
    """Find the persons behind the accounts: also `people STORE`. Options are remembered in the store."""
    from communitykit.config import people_options  # noqa: PLC0415 # imported only when used
    from communitykit.people import Options, options_of, resolve  # noqa: PLC0415 # duckdb is imported only when used
    from communitykit.people.asking import require_networks  # noqa: PLC0415 # same

    with errors():
        file = configured(config)
        store = store_of(store, file)
        declared = people_options(file) if file else None
        before = declared or (Options() if reset else options_of(store))
        leaders = replace(
            before.leaders,
            listed=tuple(leader) if leader else before.leaders.listed,
            titles=before.leaders.titles if leader_title is None else leader_title,
            depth=before.leaders.depth if leader_depth is None else leader_depth,
        )
        options = Options(
            domains=parse.pairs(domain) if domain else before.domains,
            handles=parse.pairs(handle_domain) if handle_domain else before.handles,
            shared=tuple(one.casefold() for one in shared) if shared else before.shared,
            leaders=leaders,
        )
        require_networks(store, options.handles if handle_domain or declared else ())
        found = resolve(store, options)
        if as_json:
            print_json({"store": str(store), **found.as_data()})
        else:
            print_resolution(found)
        warn_of_remarks(found)


def print_resolution(found: Resolution) -> None:
    """Print what resolving came to."""
    say(found.summary)
    print_table("People", ("kind", "number"), found.kinds.items())
    print_table("Joined by", ("rule", "accounts and rows" if found.rows else "accounts"), found.rules.items())
    print_table("Not joined", ("reason", "pairs"), found.refusals.items())
    print_table("Leaders", ("rule", "people"), found.leaders.items())
    if found.in_roster:
        say(f"{found.in_roster:,} of them are in the roster.")
    managers = [f"{counted(found.managed, 'person has', 'people have')} a manager who is known"]
    managers += [f"{counted(found.holes, 'has', 'have')} one who was not found"] if found.holes else []
    managers += [f"{counted(found.cycles, 'is', 'are')} their own manager through others"] if found.cycles else []
    say(f"{', '.join(managers)}.")


def warn_of_remarks(found: Resolution) -> None:
    """Print on the error stream what somebody should look at."""
    for remark in found.remarks:
        warn(f"Look at this: {remark}")


def _deciding(verb: str) -> Callable[..., None]:
    def decide(
        a: Account,
        b: Account,
        place: StoreArgument = None,
        *,
        store: StoreOption = None,
        config: FromConfig = None,
        by: By = None,
        as_json: Json = False,
    ) -> None:
        _decide(verb, a, b, _store(place, store, config), by, as_json=as_json)

    return decide


for _verb, _what in {"same": "are one person's", "different": "are not one person's"}.items():
    _help = f"Decide that two accounts {_what}. Id, address or handle: it outlives every rebuild."
    people_app.command(_verb, help=_help)(_deciding(_verb))


@people_app.command()
def undo(
    a: Account,
    b: Account,
    place: StoreArgument = None,
    *,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Take back what was decided about two accounts."""
    _decide("undo", a, b, _store(place, store, config), None, as_json=as_json)


def _decide(verb: str, a: str, b: str, store: Path, by: str | None, *, as_json: bool) -> None:
    from communitykit import people  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        pair = tuple(one if _decided(store, one) else people.find_account(store, one) for one in (a, b))
        if verb == "undo":
            decision = people.undo(store, *pair)
        else:
            decide = people.decide_same if verb == "same" else people.decide_different
            decision = decide(store, *pair, by=by or _user())
        found = people.resolve(store)
        if as_json:
            moved = [asdict(one) for one in found.moved]
            print_json({**asdict(decision), "accounts": found.accounts, "people": found.people, "moved": moved})
        else:
            word = f"{decision.verdict}, taken back" if decision.undone_at else decision.verdict
            say(f"{decision.account_a} and {decision.account_b}: {word}.")
            for move in found.moved:
                say(f"{move}.")
            say(found.summary)


@people_app.command(cls=Answering)
def review(
    place: StoreArgument = None, *, store: StoreOption = None, config: FromConfig = None, as_json: Json = False
) -> None:
    """List what somebody should decide. Joins that were refused, and persons of one name."""
    from communitykit import people  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        store = _store(place, store, config)
        proposals = people.review(store)
        if as_json:
            print_json({"proposals": [asdict(one) for one in proposals]})
            return
        print_table(
            "To look at",
            ("why", "account", "their addresses", "account", "their addresses", "evidence", "against"),
            [
                (one.rule, one.account_a, " ".join(one.addresses_a), one.account_b, " ".join(one.addresses_b),
                 one.evidence, one.against)
                for one in proposals
            ],
        )  # fmt: skip
        how = ": `communitykit people same A B`, or `different`" if proposals else ""
        say(f"{len(proposals):,} to look at{how}.")


@people_app.command("export")
def export_decisions(
    place: StoreArgument = None,
    *,
    store: StoreOption = None,
    config: FromConfig = None,
    to: Annotated[Path, typer.Option("--to", help="The CSV to write.")],
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write what was decided as CSV."""
    from communitykit import people  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        store = _store(place, store, config)
        with replacing(to) as replaced:
            number = people.export_decisions(store, to, overwrite=overwrite)
        if as_json:
            print_json({"path": str(to), "decisions": number, "replaced": replaced})
        else:
            say(f"Wrote {counted(number, 'decision')} to {to}.")
            say_replaced(replaced)


@people_app.command("import")
def import_decisions(
    path: Annotated[Path, typer.Argument(help="The CSV of decisions.")],
    place: StoreArgument = None,
    *,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Take decisions in from a CSV, as `export` writes it. All of them, or none."""
    from communitykit import people  # noqa: PLC0415 # duckdb is imported only when used
    from communitykit.people.decisions import count_decisions  # noqa: PLC0415 # same

    with errors():
        store = _store(place, store, config)
        number = people.import_decisions(store, path)
        held = count_decisions(path)
        found = people.resolve(store)
        if as_json:
            print_json(
                {"path": str(path), "held": held, "new": number, "accounts": found.accounts, "people": found.people}
            )
        else:
            told = f"{counted(number, 'decision is', 'decisions are')} new." if held else f"{path} holds no decision."
            say(f"{told} {found.summary}")


@people_app.command("show", cls=Answering)
def show_person(
    name: Annotated[str, typer.Argument(help="A name, an address or an account id.")],
    place: StoreArgument = None,
    *,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Show a person: every account, and why it is theirs. By name, address, handle, number or account id."""
    from communitykit import people  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        store = _store(place, store, config)
        found = people.find_people(store, name)
        if not found:
            raise SettingsError(f"nobody is called {name!r}", remedy="Give a name, an address or an account id.")
        if as_json:
            print_json({"people": found})
            return
        for person in found:
            by = json.loads(person["sources"] or "{}")
            told = [
                (key, value, by.get(key))
                for key, value in person.items()
                if value is not None and key not in {"accounts_told", "sources"}
            ]
            print_table(person["name"] or person["person_id"], ("field", "value", "told by"), told)
            rows = [
                (one["account_id"], one["name"], one["email"], one["rule"], one["evidence"], one["decided_by"])
                for one in person["accounts_told"]
            ]
            print_table("Accounts", ("account", "name", "address", "rule", "evidence", "decided by"), rows)
    raise typer.Exit(Exit.COMPLETE)


def _store(place: Path | None, store: Path | None, config: Path | None) -> Path:
    return store_of(one_of(place, store), configured(config), default=STORE)


def _decided(store: Path, account: str) -> bool:
    """Tell whether a decision names an account, which may have left the store since."""
    from communitykit.store import Store  # noqa: PLC0415 # duckdb is imported only when used

    with Store(store) as opened:
        query = "SELECT 1 FROM decisions WHERE $one IN (account_a, account_b)"
        return opened.sql(query, {"one": account}).num_rows > 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        raise SettingsError("it is not known who decides", remedy="Say it with --by NAME.") from None
