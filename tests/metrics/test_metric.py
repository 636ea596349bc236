import subprocess
import sys

import numpy as np

from qgan._registry import NoOptions
from qgan.data.arrays import from_array
from qgan.metrics import METRICS, Metric, Reference
from qgan.samples import Part


def test_too_few_samples_are_an_obstacle() -> None:
    data = from_array(np.zeros((20, 1)), seed=0)
    precision: Metric = METRICS["precision"].make(NoOptions())
    assert precision.obstacle(data, 6) is None
    assert precision.obstacle(data, 5) == "precision needs at least 6 samples, got 5"


def test_better_follows_the_direction() -> None:
    lower, higher = (METRICS[name].make(NoOptions()) for name in ("mmd", "recall"))
    assert lower.better(1, 2)
    assert higher.better(2, 1)
    assert not lower.better(1, 1)


def test_distances_follow_the_samples_they_are_asked_for() -> None:
    data = from_array(np.arange(20.0)[:, None], seed=0)
    reference = Reference(data, data.test)
    near, far = Part(data.test.values), Part(data.test.values + 100)
    first = reference.distances(near)
    assert reference.distances(near) is first
    assert reference.distances(far).real_fake.min() > 50
    assert reference.distances(near).real_fake.min() == 0


def test_what_is_worked_out_of_samples_is_kept_until_others_come() -> None:
    data = from_array(np.arange(20.0)[:, None], seed=0)
    reference, one, other, calls = Reference(data, data.test), Part(data.test.values), Part(data.test.values), []

    def ask(part: Part) -> int:
        return reference.once_for(part, "count", lambda: calls.append(part) or len(calls))

    assert [ask(one), ask(one), ask(other), ask(one)] == [1, 1, 2, 3]


def test_listing_the_metrics_loads_nothing_heavy() -> None:
    code = "import sys, qgan.metrics; assert not {'torch', 'sklearn', 'scipy'} & set(sys.modules), 'heavy'"
    subprocess.run([sys.executable, "-c", code], check=True)
