import torch

from qgan.discriminators import RecurrentDiscriminator, RecurrentOptions
from qgan.seeding import Key

KEY = Key(0, "weights")


def make(shape: tuple[int, ...], **options: object) -> RecurrentDiscriminator:
    return RecurrentDiscriminator(RecurrentOptions.model_validate(options), shape=shape, classes=0, key=KEY)


def test_its_parameters_do_not_depend_on_the_length() -> None:
    short, long = (make((length, 3)).state_dict() for length in (2, 50))
    assert all(torch.equal(value, long[name]) for name, value in short.items())


def test_the_order_of_the_steps_is_seen() -> None:
    module, values = make((6,)), torch.rand(1, 6)
    assert not torch.equal(module(values), module(values.flip(1)))


def test_every_step_is_seen() -> None:
    values = torch.rand(1, 12, 2, requires_grad=True)
    make((12, 2))(values).sum().backward()
    assert values.grad is not None
    assert (values.grad != 0).all()
