"""How busy a pacer keeps agents and what share it abandons, on floors with fixed seeds.

Last those of the bench, on which nothing was tuned: no kind of them leads over the limit.
"""

from dataclasses import replace

import pytest

from bench.pacing_floors import Scene, others, usual
from dialer.pacing import Pacer, Progressive
from dialer.simulation.floor import Floor
from dialer.simulation.habits import (
    Breaks,
    Course,
    Exponential,
    Habits,
    Later,
    LogNormal,
    Shift,
    Uniform,
)
from dialer.simulation.run import HALF_HOUR_S

SHIFT_S = 3600.0


def habits(agents, rate=0.25, talk_s=90.0):
    return Habits(
        shifts=(Shift(agents=agents, begins_s=0.0, ends_s=SHIFT_S),),
        answer_rate=Course.steady(rate),
        breaks=Breaks(every_s=3600.0, length=Uniform(120.0, 600.0)),
        pickup=Later(2.0, LogNormal(7.0, 0.5)),
        talk=LogNormal.of_mean(talk_s, 0.9),
        wrap_up=Exponential(12.0),
    )


def shift(floor, pacer, *, seed=1, **words):
    """Run a shift, without the calls that ring when everybody goes home."""
    run = Floor(floor, pacer, seed=seed, **words).run()
    run.half_hours = run.half_hours[: int(SHIFT_S // HALF_HOUR_S)]
    return run


def excess(run):
    """Return by how many calls more than 3 % of the answers were abandoned."""
    return run.total("abandoned") - 0.03 * run.total("answers")


@pytest.mark.parametrize(
    ("agents", "rate", "talk_s", "busy"),
    [
        (3, 0.1, 30.0, 0.34),
        (3, 0.25, 90.0, 0.63),
        (3, 0.5, 240.0, 0.85),
        (10, 0.1, 90.0, 0.74),
        (10, 0.25, 90.0, 0.79),
        (10, 0.5, 240.0, 0.89),
        (30, 0.25, 90.0, 0.88),
        (100, 0.25, 90.0, 0.93),
    ],
)
def test_agents_are_busy_and_nobody_is_called_for_nothing(agents, rate, talk_s, busy):
    run = shift(habits(agents, rate, talk_s), Pacer())
    assert run.utilisation >= busy
    assert excess(run) <= 3.0
    assert run.worst_half_hour(30) <= (0.09 if agents < 100 else 0.04)


def test_three_agents_are_never_busier_with_one_call_at_a_time():
    for rate, talk_s in ((0.1, 30.0), (0.25, 90.0), (0.5, 30.0)):
        floor = habits(3, rate, talk_s)
        assert shift(floor, Pacer()).utilisation > shift(floor, Progressive()).utilisation


def test_people_who_hang_up_unheard_do_not_stop_the_calling():
    floor = replace(habits(10), leaves=0.4)
    heard = shift(floor, Pacer()).utilisation
    assert shift(floor, Pacer(), tells_who_left=False).utilisation >= heard - 0.03


def test_knowing_who_is_likely_to_answer_keeps_agents_busier():
    def told(random, rate):
        chance = 0.7 if random.random() < 0.3 else 0.05
        return chance, {"answer_chance": chance}

    def untold(random, rate):
        return told(random, rate)[0], {}

    runs = [
        [shift(habits(10), Pacer(), placed=placed, seed=seed) for seed in (1, 2, 3)]
        for placed in (told, untold)
    ]
    knowing, guessing = (sum(run.utilisation for run in some) / 3 for some in runs)
    assert knowing > guessing + 0.01
    assert all(excess(run) <= 3.0 for some in runs for run in some)


def test_the_second_day_begins_where_the_first_one_ended():
    first = Pacer()
    shift(habits(10, 0.1), first)
    second = Pacer(saved=first.save())
    second.observe(0.0, "ready", agent="ann")
    second.calls_to_place(0.0)
    assert second.explain().answer_rate == pytest.approx(0.1, abs=0.02)


def test_a_lower_soft_limit_abandons_less():
    def aiming():
        pacer = Pacer()
        pacer.set_budget(0.0, 0.01, spent=False)
        return pacer

    soft = [shift(habits(10), aiming(), seed=seed) for seed in (1, 2, 3)]
    assert sum(run.total("abandoned") for run in soft) <= 0.012 * sum(
        run.total("answers") for run in soft
    )


def test_the_same_seed_gives_the_same_run():
    assert shift(habits(3), Pacer()) == shift(habits(3), Pacer())


# -- the floors of the bench --------------------------------------------------------------

OTHERS = [scene for scene in others() if scene.agents == 10]


def run(habits, make=Pacer, *, seed=7, **words):
    return Floor(habits, make(), seed=seed, **words).run()


def test_it_beats_one_call_for_each_free_agent_by_far():
    habits = usual(10, 0.25, 90.0)
    assert run(habits).utilisation > run(habits, Progressive).utilisation + 0.15


def test_the_first_minutes_of_a_large_floor_find_somebody_for_nearly_everybody():
    quarter = replace(
        usual(100, 0.5, 90.0), shifts=(Shift(agents=100, begins_s=0.0, ends_s=900.0),)
    )
    came = run(quarter)
    assert came.total("answers") > 300
    assert came.total("abandoned") <= 0.05 * came.total("answers")


@pytest.mark.parametrize("scene", OTHERS, ids=[scene.name for scene in OTHERS])
def test_no_kind_of_floor_leads_over_the_limit(scene: Scene):
    came = run(scene.habits, tells_who_left=scene.tells_who_left)
    assert came.total("answers") > 100
    assert came.total("abandoned") <= 0.03 * came.total("answers") + 3
    assert came.utilisation >= (0.65 if scene.name == "talks of 20 s" else 0.7)


@pytest.mark.parametrize("every_s", [0.1, 2.0])
def test_how_often_it_is_asked_does_not_matter(every_s):
    came = run(usual(10, 0.25, 90.0), ask_every_s=every_s)
    assert came.utilisation > 0.74
    assert came.total("abandoned") <= 0.03 * came.total("answers") + 3
