"""The images that are drawn are those of the highest probability of each kind, and no patient comes twice in a kind."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from spectra_dl.tissue.maps.decisive_images import most_certain

IMAGES = some.lists(
    some.tuples(some.sampled_from("ab"), some.sampled_from([0.2, 0.5, 0.9]), some.sampled_from("pqr")),
    max_size=12,
)


@given(images=IMAGES, most=some.integers(1, 4))
def test_the_highest_of_each_kind_are_chosen_one_of_a_patient(images, most):
    kind, probability, patient = zip(*images, strict=True) if images else ((), (), ())
    chosen = most_certain(kind, np.array(probability), patient, most).tolist()
    of_patient = [(kind[row], patient[row]) for row in chosen]
    assert len(set(of_patient)) == len(chosen)
    patients = {each: len({patient[at] for at in range(len(kind)) if kind[at] == each}) for each in kind}
    assert Counter(kind[row] for row in chosen) == {each: min(most, n) for each, n in patients.items()}
    for row in set(range(len(kind))) - set(chosen):
        beside = [probability[at] for at in chosen if kind[at] == kind[row]]
        same = [probability[at] for at in chosen if (kind[at], patient[at]) == (kind[row], patient[row])]
        assert max(same, default=0) >= probability[row] or min(beside) >= probability[row]
