"""Simulated time."""

from agents.shop.agenda import Agenda


def told(agenda, story, name, *instants):
    for at in instants:
        yield at
        story.append((agenda.now, name))


def test_processes_wake_in_the_order_of_time_then_of_arrival():
    agenda, story = Agenda(0), []
    agenda.begin(told(agenda, story, "a", 10, 30))
    agenda.begin(told(agenda, story, "b", 10, 20))
    assert list(agenda.run(100)) == [10, 10, 20, 30]
    assert story == [(10, "a"), (10, "b"), (20, "b"), (30, "a")]


def test_nobody_wakes_in_the_past():
    """A wish to wake before now is granted now: time never runs backwards."""
    agenda, story = Agenda(0), []
    agenda.begin(told(agenda, story, "a", 50, 20))
    assert list(agenda.run(100)) == [50, 50]


def test_time_ends_before_its_end():
    agenda, story = Agenda(0), []
    agenda.begin(told(agenda, story, "a", 99, 100))
    assert list(agenda.run(100)) == [99]
    assert list(agenda.run(101)) == [100]
