"""The bounded memory of results."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.spectra.recently_used import RecentlyUsed, content_digest, row_digests

KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])


@given(most=st.integers(0, 3000), uses=st.lists(st.tuples(KEYS, st.integers(0, 1500))))
def test_it_keeps_the_last_used_values_that_fit(most, uses):
    memory, model = RecentlyUsed[int](most), {}
    for key, size in uses:
        assert memory.get(key) == (model[key][0] if key in model else None)
        if key in model:
            model[key] = model.pop(key)  # used last
        memory.put(key, size, size)
        if memory.has_room(size):
            model.pop(key, None)
            model[key] = (size, size + 400)
            while sum(taken for _, taken in model.values()) > most:
                del model[next(iter(model))]
        assert memory.size == sum(taken for _, taken in model.values()) <= most


def test_threads_share_it():
    memory = RecentlyUsed[int](40 * 400)

    def use(seed):
        for number in np.random.default_rng(seed).integers(0, 100, 2000).tolist():
            key = str(number).encode()
            assert memory.get(key) in (None, number)
            memory.put(key, number)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(4)))
    assert memory.size == 40 * 400


def test_a_digest_is_that_of_values_shape_type_and_text():
    rows = np.arange(6.0).reshape(2, 3)
    same = content_digest("steps", rows)
    assert content_digest("steps", np.asfortranarray(rows)) == same
    others = [
        content_digest("other steps", rows),
        content_digest("steps", rows.reshape(3, 2)),
        content_digest("steps", rows.view(np.int64)),
        content_digest("steps", rows[:1], rows[1:]),
        content_digest("steps", -rows),
    ]
    assert len({same, *others}) == 6


def test_a_rows_digest_does_not_depend_on_the_rows_around_it():
    rows = np.random.default_rng(0).normal(size=(5, 4))
    digests = row_digests("steps", rows)
    assert len(set(digests)) == 5
    assert row_digests("steps", rows[::-2]) == digests[::-2]
    assert not set(row_digests("other steps", rows)) & set(digests)
