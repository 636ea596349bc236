import pytest
import torch
from torch import nn

from qgan.errors import ConfigError
from qgan.optimizers import _known, make_optimizer

PATH = "optimizer.generator"


def parameter() -> nn.Parameter:
    return nn.Parameter(torch.ones(2, 3))


def make(name: str, **options) -> torch.optim.Optimizer:
    return make_optimizer(name, options, [parameter()], path=PATH)


@pytest.mark.parametrize("name", sorted(_known()))
def test_every_optimizer_on_offer_takes_a_step_with_plain_gradients(name: str) -> None:
    weights = parameter()
    optimizer = make_optimizer(name, {}, [weights], path=PATH)
    for _ in range(3):
        weights.grad = torch.ones_like(weights)
        optimizer.step()
    assert (weights < 1).all()


def test_those_that_need_more_are_not_on_offer() -> None:
    assert {"adam", "sgd", "adadelta", "rmsprop"} <= set(_known())
    assert {"lbfgs", "sparseadam", "optimizer", "muon"}.isdisjoint(_known())


def test_arguments_arrive() -> None:
    group = make("Adam", lr=0.5, betas=[0.1, 0.2], amsgrad=True, foreach=False).param_groups[0]
    assert (group["lr"], group["betas"], group["amsgrad"], group["foreach"]) == (0.5, (0.1, 0.2), True, False)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("adam", "lr", "3"),
        ("adam", "lr", True),
        ("adam", "lr", float("nan")),
        ("adam", "lr", float("inf")),
        ("adam", "lr", [0.1]),
        ("adam", "lr", {}),
        ("adam", "lr", -1.0),
        ("adam", "betas", 0.5),
        ("adam", "betas", [0.5]),
        ("adam", "betas", [0.5, 0.9, 0.9]),
        ("adam", "betas", [0.5, "x"]),
        ("adam", "betas", [0.5, 1.5]),
        ("adam", "amsgrad", 1),
        ("adam", "fused", "x"),
        ("adam", "capturable", True),
        ("adam", "differentiable", True),
        ("adam", "params", []),
        ("sgd", "momentum", float("nan")),
        ("sgd", "nesterov", True),
    ],
)
def test_a_value_that_cannot_work_is_refused(name: str, option: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        make(name, **{option: value})
    assert PATH in str(caught.value)
    assert caught.value.exit_code == 2


def test_unknown_names_and_arguments_are_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'optimizer\.generator\.name'.*Did you mean 'adam'"):
        make("adm")
    with pytest.raises(ConfigError, match=r"'optimizer\.generator\.beta'.*Did you mean 'betas'"):
        make("adam", beta=1)


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(ConfigError, match="empty parameter list"):
        make_optimizer("adam", {}, [], path=PATH)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_a_fused_update_is_the_plain_one_within_rounding(name: str, dtype: torch.dtype) -> None:
    sides = [nn.Parameter(torch.linspace(-1, 1, 50, dtype=dtype).reshape(5, 10)) for _ in range(2)]
    fused = make_optimizer(name, {"lr": 0.1}, sides[:1], path=PATH)
    plain = make_optimizer(name, {"lr": 0.1, "fused": False}, sides[1:], path=PATH)
    assert (fused.defaults["fused"], plain.defaults["fused"]) == (True, False)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        gradient = torch.randn(5, 10, dtype=dtype, generator=generator)
        for side, optimizer in zip(sides, (fused, plain), strict=True):
            side.grad = gradient
            optimizer.step()
    # Twenty steps of up to 0.1, each rounded a few times.
    torch.testing.assert_close(sides[0], sides[1], rtol=0, atol=20 * torch.finfo(dtype).eps)


def test_what_was_asked_for_is_not_fused_over() -> None:
    assert not make("adam", foreach=True).defaults["fused"]
    assert make("adam", fused=False).defaults["fused"] is False
    assert "fused" not in make("adadelta").defaults


def test_parameters_with_gaps_in_memory_are_updated_one_by_one() -> None:
    """The fused kernel would write into the gaps."""
    whole = torch.ones(4, 6)
    weights = nn.Parameter(whole[:, :3])
    optimizer = make_optimizer("adam", {"lr": 0.5}, [weights], path=PATH)
    weights.grad = torch.ones(4, 3)
    optimizer.step()
    torch.testing.assert_close(weights.detach(), torch.full((4, 3), 0.5))
    assert torch.equal(whole[:, 3:], torch.ones(4, 3))
