"""What ``ringbank doctor`` finds, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `why` and `remedy` only where there is something to say."""

    what: str
    ok: bool
    why: str = ""
    remedy: str = ""
