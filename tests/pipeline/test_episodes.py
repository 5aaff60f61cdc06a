"""The machine of episodes: each line of its table, which of two lines counts, and its memory."""

import numpy as np
import pytest

from pipeline import episodes
from pipeline.kinds import NEGLECT
from pipeline.phases import Phase
from pipeline.rows import row_dtype
from pipeline.settings import EpisodeSettings, WindowSettings
from pipeline.signals import Signals
from pipeline.transitions import TRANSITIONS
from tests.pipeline.harness import at

SETTINGS = EpisodeSettings(
    cooldown_days=7.0, confirm_days=30.0, reaction_hours=72.0, snooze_days=7.0
)
N, R, X, E, V, L, P, T = (
    Phase.NONE,
    Phase.RAISED,
    Phase.ESCALATED,
    Phase.EASED,
    Phase.RESOLVED,
    Phase.LOST,
    Phase.EXPIRED,
    Phase.RETRACTED,
)


class Machine:
    """One customer with an episode that moved on day 0 last."""

    def __init__(self, phase, **fields):
        self.pool = episodes.new_pool()
        self.rows = np.zeros(1, row_dtype(WindowSettings()))
        if phase is not N:
            heads = self.rows["episodes"].copy()
            slot = self.pool.add(heads, np.array([NEGLECT], np.uint64))
            self.rows["episodes"], self.rows["kinds"] = heads, 1 << NEGLECT
            for name in ("onset_ms", "since_ms"):
                self.pool.records[name][slot] = at(0)
            told = {"phase": phase, "revision": 1, "told": 1} | fields
            for name, value in told.items():
                self.pool.records[name][slot] = value

    def judge(self, when, *names, **instants):
        signals = Signals.quiet(np.array([at(when)]))
        for name in names:
            getattr(signals, name)[:] = True
        for name, day in instants.items():
            getattr(signals, name)[:] = at(day)
        return episodes.advance(SETTINGS, self.pool, np.array([1]), self.rows, NEGLECT, signals)

    def goes_to(self, when, *names, **instants):
        return Phase(int(self.judge(when, *names, **instants).phase[0]))


LINES = [
    ((R, X, E), "closed", ("closed",), {}, L),
    ((R, X, E), "unmade", ("unmade",), {}, T),
    ((R, X, E), "came_back", (), {"came_back_ms": 1}, V),
    ((R, X, E), "outlasted", ("outlasted",), {}, L),
    ((R,), "worse", ("worse",), {}, X),
    ((R,), "unanswered", (), {}, X),
    ((R, X), "put_out", ("below", "acted", "settled"), {}, E),
    ((R, X), "below", ("below",), {}, P),
    ((E,), "enter", ("enter",), {}, R),
    ((E,), "confirmed", ("confirmed",), {}, V),
    ((E,), "unconfirmed", (), {}, P),
    ((N, V, L, P, T), "may_enter", ("enter",), {}, R),
]


def test_every_line_of_the_table_is_tested():
    table = [(set(sources), when, target) for sources, when, target in TRANSITIONS]
    assert table == [(set(sources), when, target) for sources, when, _, _, target in LINES]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        pytest.param(before, line, id=f"{before.name.lower()}, {line[1]}")
        for line in LINES
        for before in line[0]
    ],
)
def test_a_line_moves_an_episode(before, line):
    _, when, names, instants, after = line
    watched = {"watched": 1} if when == "unanswered" else {}
    moves = Machine(before, **watched).judge(31, *names, **instants)
    assert (Phase(int(moves.phase[0])), moves.moved[0]) == (after, True)


@pytest.mark.parametrize(
    ("before", "names", "after"),
    [
        pytest.param(R, ("closed", "unmade"), L, id="who has left is lost in any case"),
        pytest.param(R, ("unmade", "below", "acted", "settled"), T, id="what never was, is not"),
        pytest.param(R, ("worse", "outlasted"), L, id="gone for the whole horizon"),
        pytest.param(R, ("below", "acted"), P, id="acted on, but something stands open"),
        pytest.param(R, ("below", "settled"), P, id="settled, but by nobody"),
        pytest.param(E, ("enter", "confirmed"), R, id="a good sign, but worse than ever"),
        pytest.param(E, ("below",), E, id="eased, and it goes on fading"),
        pytest.param(X, ("enter",), X, id="open, and not doubled"),
        pytest.param(X, (), X, id="nothing happens"),
        pytest.param(N, ("enter", "closed"), N, id="none is raised for who has left"),
        pytest.param(N, ("worse", "below", "outlasted"), N, id="none, and nothing to enter by"),
        pytest.param(V, ("below", "unmade", "confirmed"), V, id="what is over stays over"),
    ],
)
def test_which_line_counts(before, names, after):
    assert Machine(before).goes_to(10, *names) == after


@pytest.mark.parametrize("ended", [V, L, P, T])
def test_after_an_end_none_is_raised_for_a_week(ended):
    machine = Machine(ended)
    held_back = machine.judge(6.9, "enter")
    assert held_back.phase[0] == ended
    assert held_back.next_ms[0] == at(7)
    assert machine.goes_to(7, "enter") == R


def test_a_lost_episode_waits_for_something_new():
    assert Machine(L).goes_to(31, "enter", fresh_ms=0) == L
    assert Machine(L).goes_to(31, "enter", fresh_ms=0.1) == R
    assert Machine(P).goes_to(31, "enter", fresh_ms=0) == R


@pytest.mark.parametrize(
    ("when", "fields", "after"),
    [
        pytest.param(2.9, {"watched": 1}, R, id="there is time yet"),
        pytest.param(3, {"watched": 1}, X, id="three days are over"),
        pytest.param(3, {}, R, id="nobody would be heard of"),
        pytest.param(3, {"watched": 1, "reacted": 1}, R, id="somebody has seen it"),
        pytest.param(3, {"watched": 1, "snoozed_ms": at(5)}, R, id="snoozed"),
        pytest.param(5, {"watched": 1, "snoozed_ms": at(5)}, X, id="snoozed for long enough"),
    ],
)
def test_what_nobody_reacts_to_gets_worse(when, fields, after):
    assert Machine(R, **fields).goes_to(when) == after


def test_when_it_is_looked_at_again():
    assert Machine(R, watched=1).judge(1).next_ms[0] == at(3)
    assert Machine(R, watched=1, snoozed_ms=at(5)).judge(1).next_ms[0] == at(5)
    assert Machine(E).judge(1).next_ms[0] == at(30)


def test_what_is_critical_is_told_once():
    machine = Machine(R, watched=1)
    assert machine.goes_to(3) == X
    worst = machine.judge(4, "worse")
    assert (worst.moved[0], worst.critical[0], worst.revision[0]) == (True, True, 3)
    again = machine.judge(5, "worse")
    assert (again.moved[0], again.critical[0], again.revision[0]) == (False, True, 3)


def test_a_snoozed_episode_does_not_get_worse():
    machine = Machine(R, snoozed_ms=at(5))
    assert machine.goes_to(4.9, "worse") == R
    assert machine.goes_to(5, "worse") == X


def test_an_episode_begins_anew_with_nothing_of_the_last():
    moves = Machine(P, critical=1, revision=4, reacted=1, acted=1, held=1).judge(31, "enter")
    assert (moves.revision[0], moves.onset_ms[0]) == (1, at(31))
    assert (moves.critical[0], moves.held[0], moves.first[0]) == (False, False, True)


@pytest.mark.parametrize(("ended", "is_forgotten"), [(V, True), (P, True), (T, True), (L, False)])
def test_what_is_over_is_forgotten_once_it_has_cooled_down(ended, is_forgotten):
    """But for who was lost: she is not raised again for what is known already."""
    machine = Machine(ended)
    machine.judge(1)
    assert not episodes.forgotten(machine.pool, at(7) - 1).any()
    assert episodes.forgotten(machine.pool, at(7)).any() == is_forgotten
