"""The ids of alerts."""

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert_ids import NAMESPACE, alert_id

texts = st.text(st.characters(codec="utf-8"))


@given(texts, st.sampled_from(("frustration", "neglect")), st.integers(0, 2**45))
def test_an_id_is_the_uuid_of_kind_onset_and_customer(customer_id, kind, onset_ms):
    expected = uuid5(NAMESPACE, f"{kind}/{onset_ms}/{customer_id}")
    assert alert_id(customer_id, kind, onset_ms) == str(expected)
