"""What to do about an alert: which line of which table counts, and keys that name nothing."""

import pytest

from pipeline.advice import Advice, check
from pipeline.errors import SettingError
from schemas.alert import AlertKind, Cause, State

FRUSTRATION, NEGLECT = AlertKind.FRUSTRATION, AlertKind.NEGLECT
LATE = [Cause("waiting", 0.2, ""), Cause("delivery", 0.9, "")]


def told(table, kind=FRUSTRATION, causes=LATE, stage="adopt", state=State.RAISED):
    return Advice(table).on(kind, state, causes, stage)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        pytest.param({"*/*/*": "a", "frustration/*/*": "b"}, "b", id="a kind before none"),
        pytest.param(
            {"frustration/*/adopt": "a", "frustration/delivery/*": "b"}, "b", id="cause, then stage"
        ),
        pytest.param(
            {"*/delivery/adopt": "a", "frustration/*/*": "b"}, "b", id="kind, then cause and stage"
        ),
        pytest.param(
            {"frustration/delivery/adopt": "a", "frustration/delivery/*": "b"}, "a", id="exact"
        ),
        pytest.param({"*/*/adopt": "a", "*/*/*": "b"}, "a", id="a stage alone"),
        pytest.param({"frustration/waiting/*": "a", "*/*/*": "b"}, "b", id="by the heaviest cause"),
        pytest.param({"*/*/*": "a"}, "a", id="what the company says of all, before any default"),
        pytest.param(
            {"frustration/*/*": "a"}, "a", id="and of a kind, before a default of a cause"
        ),
    ],
)
def test_which_line_counts(table, text):
    assert told(table) == text


def test_a_company_that_speaks_of_other_kinds_leaves_the_defaults():
    assert told({"neglect/*/*": "a"}) == "Say when it comes, who sees to it, and make it good."
    assert told({}, AlertKind.STALLED, [Cause("stage", 2.0, "")], "affirm") == (
        "Find out where the first order is, and tell the customer first."
    )
    assert told({}, causes=[]) == "Look at the customer's history before you call."


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        pytest.param({"rhythm": 0.6, "trouble": 0.2}, "trouble", id="a quarter is trouble"),
        pytest.param({"rhythm": 0.61, "trouble": 0.2}, "rhythm", id="less than a quarter"),
        pytest.param({"rhythm": 0.2, "silence": 0.4, "trouble": 0.2}, "trouble", id="both are"),
        pytest.param({"silence": 0.5}, "silence", id="silence alone"),
    ],
)
def test_what_leads_in_a_silence(shares, text):
    table = {f"inactivity/{name}/*": name for name in ("silence", "rhythm", "trouble")}
    causes = [Cause(name, share, "") for name, share in shares.items()]
    assert told(table, AlertKind.INACTIVITY, causes) == text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.EASED, "A word of thanks now, and nothing to sell."),
        (State.RETRACTED, "Nothing to do: late data shows there was no trouble."),
    ],
)
def test_of_what_is_over_the_table_says_nothing(state, text):
    assert told({"*/*/*": "call"}, state=state) == text


KINDS = (
    "frustration, inactivity, second_order, quiet_after_trouble, remorse, stalled, neglect, "
    "handover"
)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        pytest.param(
            "frustration",
            "call",
            "`advice` is frustration; wants kind/cause/stage, each a name or *",
            id="no parts",
        ),
        pytest.param(
            "anger/*/*",
            "call",
            f"`advice.anger/*/*` is anger; wants *, or one of {KINDS}",
            id="kind",
        ),
        pytest.param(
            "*/late/*",
            "call",
            "`advice.*/late/*` is late; wants *, or one of delivery, waiting, service, contact, "
            "order, price, handover, promise, silence, rhythm, trouble, stage, word",
            id="cause",
        ),
        pytest.param(
            "*/*/loyal",
            "call",
            "`advice.*/*/loyal` is loyal; wants *, or one of assess, admit, affirm, activate, "
            "acclimate, accomplish, adopt, advocate",
            id="stage",
        ),
        pytest.param("*/*/*", "", "`advice.*/*/*` is ''; wants what to do, in words", id="no text"),
        pytest.param(
            "*/*/*", " \n", "`advice.*/*/*` is ' \\n'; wants what to do, in words", id="blank text"
        ),
    ],
)
def test_a_line_that_says_nothing_is_refused(key, text, message):
    with pytest.raises(SettingError) as error:
        check({"neglect/word/*": "call", key: text})
    assert str(error.value) == message


def test_every_part_may_be_a_name_or_a_star():
    check({"*/*/*": "a", "frustration/price/advocate": "b", "handover/*/assess": "c"})
