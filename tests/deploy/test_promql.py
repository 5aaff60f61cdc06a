"""The reader of expressions finds what is there; else the tests that use it would see nothing."""

import pytest

from tests.deploy.promql import Series, series


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("a", [("a", "")], id="bare"),
        pytest.param('a{b="1", c=~"2"}', [("a", "b c")], id="matchers"),
        pytest.param('a{b="d{e=1}"}', [("a", "b")], id="braces in a string"),
        pytest.param("rate(a[5m] offset 1d)", [("a", "")], id="function, range, offset"),
        pytest.param("sum by (x, y) (rate(a[5m]))", [("a", "x y")], id="grouping"),
        pytest.param("sum by (by) (a)", [("a", "by")], id="a label called by"),
        pytest.param("sum by (x) (a) / sum(b) > 3600", [("a", "x"), ("b", "")], id="two operands"),
        pytest.param(
            "max by (x) (max by (x, y) (a) - (b > 0))", [("a", "x y"), ("b", "x")], id="nested"
        ),
        pytest.param(
            "a and on () b unless c", [("a", ""), ("b", ""), ("c", "")], id="set operators"
        ),
        pytest.param("time() - max(a)", [("a", "")], id="no series in a function without one"),
        pytest.param("count(a) or vector(0)", [("a", "")], id="vector"),
        pytest.param("rate((sum by (x) (a))[15m:1m]) >= 0", [("a", "x")], id="subquery"),
    ],
)
def test_series_of_an_expression(expression: str, expected: list[tuple[str, str]]) -> None:
    assert series(expression) == [
        Series(name, frozenset(labels.split())) for name, labels in expected
    ]
