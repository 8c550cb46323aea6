"""The variance of a mean follows its clusters."""

import pytest

from breakfix.statistics.clusters import cluster_sample


def test_alone_in_their_clusters_items_give_the_usual_variance_of_the_mean() -> None:
    sample = cluster_sample([1.0, 2.0, 3.0, 4.0], list("abcd"))
    assert (sample.mean, sample.singletons, sample.binary) == (2.5, True, False)
    assert sample.variance == pytest.approx(5 / 3 / 4)


def test_copies_within_a_cluster_add_nothing() -> None:
    once = cluster_sample([0.0, 1.0, 1.0], list("abc"))
    thrice = cluster_sample([0.0, 1.0, 1.0] * 3, list("abc") * 3)
    assert thrice.variance == pytest.approx(once.variance)
    assert (thrice.clusters, thrice.singletons, thrice.binary) == (3, False, True)


def test_a_single_cluster_says_nothing_about_the_variance() -> None:
    assert cluster_sample([0.0, 1.0], ["a", "a"]).variance == 0.0
