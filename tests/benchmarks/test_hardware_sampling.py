"""What is said of a generator under noise is what the seeds say."""

from benchmarks.hardware_sampling import _body, summary


def sweep(seed, exact, noisy):
    def row(backend, value):
        change = {"value": value - exact, "low": value - exact, "high": value - exact}
        score = {"value": value, "low": value, "high": value, "change": change, "skill": 1 - value, "floor": 0.0}
        return {
            "backend": backend,
            "shots": None,
            "metrics": {"frechet-distance": {**score, "trivial": 1.0, "direction": "lower"}},
        }

    return {"seed": seed, "n": 9, "metric": "frechet-distance", "rows": [row("exact", exact), row("fake:x", noisy)]}


def test_values_changes_and_findings_are_over_the_seeds():
    sweeps = [sweep(0, 0.2, 0.5), sweep(1, 0.1, 2.0), sweep(2, 0.3, 0.4)]
    found = summary(sweeps)["frechet-distance"]
    assert found["rows"][1]["value"] == [0.5, 0.4, 2.0]
    assert found["rows"][1]["change"] == [0.3, 0.4 - 0.3, 1.9]
    body = _body({"recipe": "digits", "repeats": 5, "sweeps": sweeps, "summary": summary(sweeps)})
    assert "3 seeds of training" in body
    assert "a confidence of 75%" in body
    assert "- fake:x, exact: worse in every seed; skill 0 between the seeds." in body
    better = [sweep(0, 0.2, 0.1), sweep(1, 0.1, 0.2)]
    body = _body({"recipe": "digits", "repeats": 5, "sweeps": better, "summary": summary(better)})
    assert "- fake:x, exact: not the same way in all; skill above 0 in every seed." in body
