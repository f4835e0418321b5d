"""One campaign that is paced: its pacer, what that is told and asked, its budget; touches nothing.

The base is read and written in `dialer.pace`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.budget import Account
from campaigns.budget_books import Books
from campaigns.model import DialMode
from campaigns.store import StoredCampaign
from dialer.pace_feed import AWAY, LIVE, READY, Feed, Listener
from dialer.pace_level import Level
from dialer.pacing import Bound, Decision, Pacer, Ratio

_ASKED_AGAIN_S = 0.1
"""A pacer that heard nothing new is asked again after so long: time alone changes little."""


@dataclass(slots=True)
class Paced:
    """One campaign that is paced.

    Attributes:
        pacer: learns from everything, whatever the mode.
        ratio: decides instead of it in mode ratio.
        account: the budget account that decides, or None: no limit holds.
        wish: how many calls it wants now; 0 while there is nobody to be called.
        granted: for how many of them there is room.
        answer: what it said when it was asked last.
    """

    listener: Listener
    pacer: Pacer
    books: Books
    ratio: Ratio | None = None
    ratio_is: float | None = None
    account: Account | None = None
    wish: int = 0
    granted: int = 0
    answer: int = 0
    asked_at_s: float = float("-inf")
    asked_news: int = -1
    read_at_s: float = float("-inf")
    saved_at_s: float = 0.0

    @property
    def stored(self) -> StoredCampaign:
        """The campaign, as it is now."""
        return self.listener.stored

    @property
    def decides(self) -> Pacer:
        """The pacer that is asked."""
        return self.ratio or self.pacer

    @property
    def spent(self) -> bool:
        """Whether no risk may be taken: too many were abandoned, or they are not counted yet."""
        return self.account is not None and (self.account.spent or not self.books.whole)

    def ask(self, at_s: float) -> int:
        """Return how many calls the pacer wants to place now."""
        if self.asked_news == self.listener.news and at_s < self.asked_at_s + _ASKED_AGAIN_S:
            return self.answer
        self.answer = max(0, self.decides.calls_to_place(at_s))
        self.asked_at_s, self.asked_news = at_s, self.listener.news
        return self.answer

    def begun(self, calls: int) -> None:
        """Note that calls which were wanted are placed."""
        self.wish, self.granted = max(0, self.wish - calls), max(0, self.granted - calls)

    def set_budget(self, *, now: datetime) -> None:
        """Have the pacers keep to the budget account that decides now."""
        campaign = self.stored.campaign
        account = self.account = self.books.deciding(campaign, now=now)
        rate = 0.0 if account is None else account.rate
        limit = campaign.abandon_limit if account is None else account.soft_limit
        self.pacer.set_budget(rate, limit, spent=self.spent)
        if self.ratio is not None:
            self.ratio.set_budget(rate, limit, spent=self.spent)

    def level(self, feed: Feed) -> Level:
        """Return what the pacing comes to, the counts as they are by now."""
        calls, tracks = self.listener.calls, feed.tracks
        waiting = {call for call in calls if tracks[call].has(LIVE)}
        own = {call for call in calls if tracks[call].campaign_id == self.stored.id}
        there = [phase for phase in self.listener.agents.values() if phase != AWAY]
        decision = self._seen()
        if not there:
            decision = replace(decision, bound=Bound.NOBODY)
        elif decision.bound is Bound.NOBODY:
            decision = replace(decision, bound=Bound.AGENTS)
        return Level(
            decision=replace(
                decision,
                calls=self.wish,
                ready=there.count(READY),
                waiting=len(waiting),
                in_flight=len(own - waiting),
            ),
            granted=self.granted,
            trunk=self.stored.campaign.trunk,
            account=self.account,
            counted=self.account is None or self.books.whole,
            is_broadcast=self.stored.campaign.mode is DialMode.BROADCAST,
        )

    def _seen(self) -> Decision:
        """Return what was decided last; one call for each free agent predicts nothing."""
        if self.stored.campaign.mode is not DialMode.PROGRESSIVE:
            return self.decides.explain()
        account = self.account
        return Decision(
            calls=0,
            bound=Bound.AGENTS,
            ready=0,
            abandoned=account.rate if account and account.answered else None,
            limit=account.soft_limit if account else self.stored.campaign.abandon_limit,
        )
