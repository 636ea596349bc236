import json

import pytest
import torch
from torch import nn

from qgan.errors import CheckpointError
from qgan.optimizers import _known, make_optimizer
from qgan.state import Average, TrainState

OPTIMIZERS = sorted(_known())


def make(optimizer: str = "adam", *, width: int = 3, dtype: torch.dtype = torch.float64, **options) -> TrainState:
    module = nn.Sequential(nn.Linear(2, width), nn.Linear(width, 1)).to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.linspace(-1, 1, parameter.numel()).reshape(parameter.shape))
    parameters = module.parameters()
    return TrainState(7, {"net": module}, {"net": make_optimizer(optimizer, options, parameters, path="optimizer.net")})


def go_on(state: TrainState, steps: int) -> None:
    module, optimizer = state.modules["net"], state.optimizers["net"]
    for _ in range(steps):
        state.step += 1
        values = torch.tensor([[0.3, -0.7], [state.step / 10, 1.0]], dtype=next(module.parameters()).dtype)
        optimizer.zero_grad()
        (module(values) - 1).square().mean().backward()
        optimizer.step()


def weights(state: TrainState) -> torch.Tensor:
    return nn.utils.parameters_to_vector(state.modules["net"].parameters()).detach()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_state_put_back_goes_on_bit_for_bit(optimizer: str, dtype: torch.dtype) -> None:
    straight, first, second = (make(optimizer, dtype=dtype) for _ in range(3))
    go_on(straight, 7)
    go_on(first, 3)
    tensors, scalars = first.state_dict()
    second.load_state_dict(tensors, json.loads(json.dumps(scalars)))
    assert second.step == 3
    go_on(second, 4)
    assert torch.equal(weights(second), weights(straight))
    for (name, one), other in zip(second.state_dict()[0].items(), straight.state_dict()[0].values(), strict=True):
        assert one.dtype == other.dtype, name
        assert torch.equal(one, other), name


def test_a_state_from_before_updates_were_fused_goes_on_as_it_began() -> None:
    before, now = make(fused=False), make()
    assert now.optimizers["net"].param_groups[0]["fused"]
    go_on(before, 3)
    tensors, scalars = before.state_dict()
    for group in scalars["optimizers"]["net"]["groups"]:
        group["fused"] = None  # torch's default, that was saved then
    now.load_state_dict(tensors, json.loads(json.dumps(scalars)))
    for state in (before, now):
        go_on(state, 20)
    assert torch.equal(weights(now), weights(before))


def test_momentum_is_kept() -> None:
    straight, first, second = (make("sgd", momentum=0.9, lr=0.1) for _ in range(3))
    go_on(straight, 5)
    go_on(first, 2)
    second.load_state_dict(*first.state_dict())
    go_on(second, 3)
    assert torch.equal(weights(second), weights(straight))


def test_what_was_handed_out_does_not_change_any_more() -> None:
    state = make()
    go_on(state, 2)
    tensors, _ = state.state_dict()
    kept = {name: value.clone() for name, value in tensors.items()}
    go_on(state, 2)
    assert all(torch.equal(tensors[name], kept[name]) for name in kept)


def test_what_was_taken_in_is_not_changed_either() -> None:
    first, second = make(), make()
    go_on(first, 2)
    tensors, scalars = first.state_dict()
    kept = {name: value.clone() for name, value in tensors.items()}
    second.load_state_dict(tensors, scalars)
    go_on(second, 2)
    assert all(torch.equal(tensors[name], kept[name]) for name in kept)


def test_tied_weights_are_written_apart() -> None:
    state = make(width=1)
    state.modules["net"][1].weight = state.modules["net"][1].bias  # type: ignore[index, union-attr]
    tensors, _ = state.state_dict()
    assert len({value.data_ptr() for value in tensors.values()}) == len(tensors)
    assert all(value.is_contiguous() and value.device.type == "cpu" for value in tensors.values())


def test_scalars_are_json() -> None:
    state = make()
    go_on(state, 2)
    _, scalars = state.state_dict()
    assert json.loads(json.dumps(scalars))["step"] == 2
    assert scalars["seed"] == 7


def test_a_checkpoint_of_another_width_is_refused() -> None:
    other = make(width=4)
    go_on(other, 1)
    with pytest.raises(CheckpointError, match="does not fit"):
        make().load_state_dict(*other.state_dict())


@pytest.mark.parametrize(("saved", "now"), [("adam", "sgd"), ("sgd", "adam"), ("adam", "rmsprop")])
def test_a_checkpoint_of_another_optimizer_is_refused(saved: str, now: str) -> None:
    other = make(saved)
    go_on(other, 1)
    with pytest.raises(CheckpointError, match="was another one"):
        make(now).load_state_dict(*other.state_dict())


@pytest.mark.parametrize("shape", [(4, 2), (3,), (2, 3), (3, 2, 1)])
def test_an_optimizers_tensors_must_fit_their_parameters(shape: tuple[int, ...]) -> None:
    state = make()
    go_on(state, 1)
    tensors, scalars = state.state_dict()
    with pytest.raises(CheckpointError, match="exp_avg"):
        make().load_state_dict({**tensors, "optimizer.net/0/exp_avg": torch.zeros(shape)}, scalars)


@pytest.mark.parametrize("missing", ["step", "optimizers"])
def test_missing_scalars_are_refused(missing: str) -> None:
    tensors, scalars = make().state_dict()
    del scalars[missing]
    with pytest.raises(CheckpointError, match="KeyError"):
        make().load_state_dict(tensors, scalars)


def test_missing_and_foreign_tensors_are_refused() -> None:
    state = make()
    go_on(state, 1)
    tensors, scalars = state.state_dict()
    for broken in (
        {name: value for name, value in tensors.items() if name != "net/0.weight"},
        {**tensors, "net/2.weight": torch.zeros(1)},
        {**tensors, "optimizer.net/9/exp_avg": torch.zeros(1)},
        {**tensors, "optimizer.net/x/exp_avg": torch.zeros(1)},
    ):
        with pytest.raises(CheckpointError):
            make().load_state_dict(broken, scalars)


def averaged(decay: float) -> TrainState:
    state = make()
    return TrainState(7, state.modules, state.optimizers, Average(state.modules["net"], make().modules["net"], decay))


def held(state: TrainState) -> torch.Tensor:
    assert state.average is not None
    return nn.utils.parameters_to_vector(state.average.held.parameters()).detach()


def test_an_average_begins_where_its_network_does() -> None:
    state = make()
    go_on(state, 3)
    average = Average(state.modules["net"], make().modules["net"], 0.5)
    assert torch.equal(nn.utils.parameters_to_vector(average.held.parameters()), weights(state))


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.999])
def test_an_average_forgets_exponentially(decay: float) -> None:
    state = averaged(decay)
    seen, expected = [weights(state)], weights(state)
    for _ in range(4):
        go_on(state, 1)
        assert state.average is not None
        state.average.update()
        seen.append(weights(state))
        expected = decay * expected + (1 - decay) * seen[-1]
    # Two ways to round in double precision.
    torch.testing.assert_close(held(state), expected, rtol=1e-12, atol=1e-14)
    closed = decay**4 * seen[0] + sum((1 - decay) * decay ** (4 - i) * seen[i] for i in range(1, 5))
    torch.testing.assert_close(held(state), closed, rtol=1e-12, atol=1e-14)
    assert not any(parameter.grad is not None for parameter in state.average.held.parameters())  # type: ignore[union-attr]


def test_an_average_copies_buffers() -> None:
    one, other = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    average = Average(one, other, 0.9)
    one(torch.tensor([[1.0, 2.0], [3.0, 5.0]]))
    average.update()
    for mine, new in zip(other.buffers(), one.buffers(), strict=True):
        assert torch.equal(mine, new)
    assert other.num_batches_tracked == 1


def test_an_average_sees_a_buffer_that_was_replaced() -> None:
    one, other = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    average = Average(one, other, 0.9)
    average.update()
    one.running_mean = torch.tensor([4.0, 5.0])
    average.update()
    assert torch.equal(other.running_mean, torch.tensor([4.0, 5.0]))  # type: ignore[arg-type]


def test_an_average_is_part_of_a_checkpoint() -> None:
    straight, first, second = (averaged(0.8) for _ in range(3))

    def turns(state: TrainState, steps: int) -> None:
        for _ in range(steps):
            go_on(state, 1)
            assert state.average is not None
            state.average.update()

    turns(straight, 5)
    turns(first, 2)
    tensors, scalars = first.state_dict()
    second.load_state_dict(tensors, json.loads(json.dumps(scalars)))
    turns(second, 3)
    assert torch.equal(held(second), held(straight))
    assert not torch.equal(held(straight), weights(straight))
    with pytest.raises(CheckpointError, match="does not fit"):
        averaged(0.8).load_state_dict(*make().state_dict())
