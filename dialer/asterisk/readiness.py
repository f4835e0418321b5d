"""What an Asterisk lacks for calls, asked over its manager interface.

The engine asks before the first call: a person must not be rung by a server that has no
dialplan for the answer, nor a list be used up through a trunk that is not there.
"""

from collections.abc import Iterable

from dialer.ami.errors import AmiError
from dialer.asterisk.features import QUESTIONS, Lack, missing
from dialer.link import Link
from dialer.trunks import Trunk


class NotReadyError(AmiError):
    """Asterisk answers, and lacks something without which no call can be placed."""


def demand_ready(link: Link, trunks: Iterable[Trunk]) -> None:
    """Ask Asterisk whether it has all that calls need.

    Raises:
        NotReadyError: it has not, or not yet: a server that starts answers before it has
            read its dialplan.
        AmiError: it does not answer.
    """
    found = (*lacks(link), *lacking_endpoints(link, trunks))
    if found:
        more = f" ({len(found) - 1} more: run ringbank doctor)" if len(found) > 1 else ""
        raise NotReadyError(f"Asterisk cannot place calls: {found[0].why}; {found[0].remedy}{more}")


def lacks(link: Link) -> tuple[Lack, ...]:
    """Return the modules and the parts of the dialplan that an Asterisk does not have."""
    version = link.ask("CoreSettings").get("AsteriskVersion")
    answers = {asked: link.ask("Getvar", ("Variable", asked)).get("Value") for asked in QUESTIONS}
    return missing(version, answers)


def lacking_endpoints(link: Link, trunks: Iterable[Trunk]) -> tuple[Lack, ...]:
    """Return the trunks whose PJSIP endpoint is not there, as far as Asterisk can tell."""
    found = contexts(link, trunks := tuple(trunks))
    return tuple(
        Lack(
            what=f"trunk {trunk.name}",
            why=f"trunk {trunk.name!r} has no PJSIP endpoint {endpoint_of(trunk.channel)!r}",
            remedy=f"add it to pjsip.conf, or mend trunks.{trunk.name}.channel",
        )
        for trunk in trunks
        if found.get(trunk.name) == ""
    )


def contexts(link: Link, trunks: Iterable[Trunk]) -> dict[str, str]:
    """Return by trunk the context of its PJSIP endpoint, empty where there is no endpoint.

    What Asterisk cannot tell is left out.
    """
    if link.ask("Getvar", ("Variable", "IFMODULE(func_pjsip_endpoint.so)")).get("Value") != "1":
        return {}
    found = {}
    for trunk in trunks:
        endpoint = endpoint_of(trunk.channel)
        if endpoint is not None:
            question = f"PJSIP_ENDPOINT({endpoint},context)"
            found[trunk.name] = link.ask("Getvar", ("Variable", question)).get("Value")
    return found


def endpoint_of(channel: str) -> str | None:
    """Return the PJSIP endpoint that a trunk's channel names, or None for other channels."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("@")[2] if technology.upper() == "PJSIP" and "@" in rest else None
