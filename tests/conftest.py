"""What every test gets: a quiet environment, hardware only where there is some, and a check on torch's settings."""

import os
import sys
from collections.abc import Iterator

# Before anything imports torch or matplotlib. Two test processes with all cores each are slower than one.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "agg"

import hypothesis
import pytest

# A shared machine makes single examples slow at random.
hypothesis.settings.register_profile("qgan", deadline=None)
hypothesis.settings.load_profile("qgan")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ibm", action="store_true", help="also run what needs an IBM Quantum account, and may cost")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent = {}
    if not config.getoption("--ibm"):
        absent["ibm"] = "needs an IBM Quantum account: ask for it with --ibm"
    if any(item.get_closest_marker("gpu") for item in items):
        import torch

        if not torch.cuda.is_available():
            absent["gpu"] = "needs a CUDA device"
    for item in items:
        for marker, reason in absent.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _torch_settings_kept() -> Iterator[None]:
    """Fails a test that leaves torch otherwise than it found it; the thread count, which a run may set, is put back."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return

    def settings() -> tuple[object, ...]:
        return (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_anomaly_enabled(),
        )

    before, threads = settings(), torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    assert settings() == before
