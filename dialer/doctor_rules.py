"""What ``ringbank doctor`` finds of the rules: files, countries, hours, registers."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dialer.findings import Finding
from leads.console import Console
from leads.errors import RingbankError

if TYPE_CHECKING:
    from campaigns.law import Laws


def rule_findings(console: Console) -> Iterator[Finding]:
    """Look whether every rule file can be used, and whether the rules fit the base."""
    from campaigns.law import Laws
    from campaigns.rules.loading import load
    from campaigns.rules.own import Own

    settings = console.settings()
    own = Own.from_document(settings.own_rules)
    try:
        book = load(settings.rules_folder, own, thorough=True)
        files = len(book.all())
    except RingbankError as error:
        head, *faults = str(error).splitlines()
        yield Finding(
            what="rules",
            ok=False,
            why=" ".join(filter(None, [head, "; ".join(map(str.strip, faults))])),
            remedy="mend it, and look with: ringbank rules check",
        )
        return
    yield Finding(what="rules", ok=True, why=f"{files} files")
    yield from _of_base(console, Laws(book))


def _of_base(console: Console, laws: "Laws") -> Iterator[Finding]:
    from campaigns import rules_health
    from leads.db import reading

    now = console.now()
    try:
        with reading(console.base()) as connection:
            countries = rules_health.countries_of_numbers(connection)
            lacks = rules_health.lacking_registers(connection, laws, now=now)
    except RingbankError:
        return  # told of already, as the database
    if not countries:
        return
    lawless = rules_health.without_rules(laws, countries)
    yield Finding(what="countries of the numbers", ok=True, why=_counted(countries))
    if lawless:
        named = ", ".join(f'"{country}"' for country in lawless)
        yield Finding(
            what="countries without rules",
            ok=False,
            why=f"no rule file names {_counted(lawless)}; nobody there is called",
            remedy="write a rule file for each (docs/rules.md), or take on the risk: "
            f"allow_without_rules = [{named}] in [rules]",
        )
    hourless = rules_health.without_hours(laws, countries, now=now)
    if hourless:
        offer = "own_hours = true in [rules] would offer 09:00 to 20:00 on weekdays"
        if laws.book.own.office_hours:
            offer = "own_hours in [rules] keeps to 09:00 to 20:00 on weekdays"
        yield Finding(
            what="hours",
            ok=True,
            why=f"no statutory hours are known for {', '.join(hourless)}; {offer}",
        )
    for lack in lacks:
        names = ", ".join(lack.campaigns)
        yield Finding(
            what=f"registry {lack.registry}",
            ok=False,
            why=f"{lack.why} ({lack.rule}, for {names})",
            remedy=lack.remedy,
        )


def _counted(countries: Mapping[str | None, int] | Mapping[str, int]) -> str:
    return ", ".join(f"{country or 'none'} ({many:,})" for country, many in countries.items())
