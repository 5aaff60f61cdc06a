"""Chains in a pool, against lists."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pool import Pool
from tests.pipeline.strategies import examples

OWNERS = 4
moves = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "remove", "find"]),
        st.sets(st.integers(0, OWNERS - 1), min_size=1),
        st.integers(1, 6),
    ),
    max_size=60,
)


@examples(200)
@given(moves)
def test_against_lists(moves):
    """Records are added in front, found by key, and removed wherever they stand."""
    pool = Pool([("value", "i8")], capacity=2)
    heads, lists, count = np.zeros(OWNERS, np.int32), [[] for _ in range(OWNERS)], 0
    for move, owners, key in moves:
        which = np.array(sorted(owners))
        chosen = heads[which]
        keys = np.full(len(which), key, np.uint64)
        if move == "add":
            slots = pool.add(chosen, keys)
            for owner, slot in zip(which.tolist(), slots.tolist(), strict=True):
                count += 1
                assert pool.records["value"][slot] == 0, "a record is blank at first"
                pool.records["value"][slot] = count
                lists[owner].insert(0, (key, count))
        elif move == "remove":
            gone = pool.records["key"] == key
            pool.remove(chosen, gone)
            for owner in which.tolist():
                lists[owner] = [record for record in lists[owner] if record[0] != key]
        else:
            found = pool.find(chosen, keys).tolist()
            for owner, slot in zip(which.tolist(), found, strict=True):
                values = [value for other, value in lists[owner] if other == key]
                assert (pool.records["value"][slot] in values) if values else slot == 0
        heads[which] = chosen
        chains = [[] for _ in range(OWNERS)]
        for positions, slots in pool.each(heads):
            for owner, slot in zip(positions.tolist(), slots.tolist(), strict=True):
                record = pool.records[slot]
                chains[owner].append((int(record["key"]), int(record["value"])))
        assert chains == lists
        assert pool.count(heads).tolist() == [len(chain) for chain in lists]
        assert len(pool) == sum(len(chain) for chain in lists)
