"""The composition root: the only module that turns names into objects. All others are handed objects."""

__all__ = ["build"]

import copy
import math
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from circuits import Circuit
from qgan._registry import Table
from qgan._typing import Json
from qgan.backends import Backend, BackendOptions, resolve
from qgan.circuitry import file_of, make_circuit
from qgan.config import Component, Optimizers, RunConfig, Schedules
from qgan.data import DATA
from qgan.data.arrays import from_array
from qgan.data.batches import Batches
from qgan.data.parts import checked
from qgan.discriminators import DISCRIMINATORS
from qgan.errors import BackendError, ConfigError, QganError
from qgan.evaluate import obstacle
from qgan.experiment import Experiment, facts_of
from qgan.game import adversarial
from qgan.generators import GENERATORS, ConditionalGenerator, Generator, Ingredients
from qgan.generators.conditional import numbered
from qgan.generators.remotes import expect
from qgan.losses import LOSSES
from qgan.machine import within_memory
from qgan.metrics import METRICS
from qgan.objects import OBJECT, Objects
from qgan.optimizers import arguments_of, make_optimizer
from qgan.penalties import PENALTIES
from qgan.readout import Executor, ReadOut
from qgan.samples import DataSet
from qgan.schedules import SCHEDULES
from qgan.seeding import Key, torch_seed
from qgan.state import Average, TrainState
from qgan.trials import require_loss, require_spread, try_discriminator, try_generator
from qgan.twins import TWINS, Setting, Twin
from qgan.validation import validate


@within_memory()
def build(config: RunConfig, objects: Objects | None = None, *, sends: bool = False) -> Experiment:
    """Makes all objects of a run, and refuses what cannot work before anything is trained.

    Args:
        config: Names and options.
        objects: The user's own, in place of names.
        sends: Whether circuits are to be sent as jobs, whatever the backend.

    Raises:
        ConfigError: For a wrong name, option or combination.
        DataError: For data that cannot be used.
        BackendError: For a backend that is missing, or refuses the circuit.
        ResourceError: For a circuit or a network that needs more memory than there is.
    """
    objects = objects or Objects()
    _require_metrics(config)
    device = _device(config.run.device)
    data_component, data = _data(config, objects)
    _require_measurable(config, data)
    backend_component, backend, options = _backend(config.backend, sends=sends)
    circuits = backend.device(options.device, networks=config.run.device)
    there = _device(circuits) if circuits == "cuda" else None
    if device.type == "cuda" and circuits == "cpu":
        # Once "auto" has become what was found, nothing else says so.
        backend_component = _component(backend.name, {**backend_component.options, "device": circuits})
    setting = Setting(Key(config.seed, "twin"), config.train.batch_size, options.shots)
    twin_component, twin = _make(TWINS, config.twin, "twin", setting)
    ingredients = Ingredients(
        data=data,
        key=Key(config.seed, "generator weights"),
        circuit=twin.circuit(partial(make_circuit, objects.circuit)),
        executor=twin.executor(partial(_executor, backend, options, config.train.batch_size, there)),
        inner=lambda component, other: _inner(component, replace(ingredients, data=other)),
    )
    generator_component, generator = _generator(config, ingredients, objects, twin)
    average = _generator(config, ingredients, objects, twin)[1] if config.train.ema else None
    for module in (generator, average):
        if module is not None and not module.quantum:
            module.to(device)
    fake = try_generator(generator, config.backend.name)
    discriminator_component, discriminator = _discriminator(config, objects, data, device)
    require_spread(discriminator, fake)
    loss_component, loss = (
        (Component(name=OBJECT), require_loss(objects.loss))
        if objects.loss is not None
        else _make(LOSSES, config.loss, "loss")
    )
    penalty_component, penalty = _make(PENALTIES, config.penalty, "penalty")
    modules: dict[str, nn.Module] = {"discriminator": discriminator, "generator": generator}
    optimizers, optimizer_components = {}, {}
    schedules, schedule_components = {}, {}
    for side, module in modules.items():
        component: Component = getattr(config.optimizer, side)
        path = f"optimizer.{side}"
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        optimizers[side] = make_optimizer(component.name, component.options, parameters, path=path)
        optimizer_components[side] = _component(component.name, arguments_of(optimizers[side]))
        schedule_components[side], schedule = _make(SCHEDULES, getattr(config.schedule, side), f"schedule.{side}")
        schedules[side] = partial(schedule, steps=config.train.steps)
    game = adversarial(
        generator=generator,
        discriminator=discriminator,
        loss=loss,
        optimizers=optimizers,
        device=device,
        penalty=penalty,
        schedules=schedules,
        discriminator_updates=config.train.discriminator_updates,
        clip=config.train.grad_clip,
        conditional=config.train.conditional,
        expect=partial(expect, generator),
    )
    resolved = config.model_copy(
        update={
            "data": data_component,
            "generator": generator_component,
            "twin": twin_component,
            "discriminator": discriminator_component,
            "loss": loss_component,
            "penalty": penalty_component,
            "optimizer": Optimizers(**optimizer_components),
            "schedule": Schedules(**schedule_components),
            "backend": backend_component,
            "run": config.run.model_copy(update={"device": device.type}),
        }
    )
    real = numbered(data.train) if config.train.conditional else data.train
    return Experiment(
        config=resolved,
        data=data,
        generator=generator if average is None else average,
        discriminator=discriminator,
        game=game,
        state=TrainState(
            config.seed,
            modules,
            optimizers,
            None if average is None else Average(generator, average, config.train.ema),
        ),
        batches=Batches(real, size=config.train.batch_size, seed=config.seed, device=device),
        device=device,
        facts=facts_of(generator, discriminator, data, backend, shots=options.shots),
    )


def _inner(component: Component, ingredients: Ingredients) -> Generator:
    key = ingredients.key._replace(purpose=f"{ingredients.key.purpose}/inner")
    return _make(GENERATORS, component, "generator.inner", replace(ingredients, key=key))[1]


def _require_metrics(config: RunConfig) -> None:
    for name in {*config.evaluate.metrics, config.evaluate.metric}:
        METRICS.lookup(name)
    if config.evaluate.metric not in config.evaluate.metrics:
        raise ConfigError(
            "evaluate.metric is not among evaluate.metrics",
            got=config.evaluate.metric,
            allowed=", ".join(config.evaluate.metrics),
            cure="Add it to evaluate.metrics",
        )
    if config.train.until == "converged" and not 0 < config.evaluate.every <= max(config.train.steps, 1):
        raise ConfigError(
            "Nothing can converge that is never evaluated",
            got=f"evaluate.every = {config.evaluate.every}, train.steps = {config.train.steps}",
            allowed="an evaluation within train.steps",
            cure="Set evaluate.every, or train.until=steps",
        )


def _require_measurable(config: RunConfig, data: DataSet) -> None:
    asked, decides = config.evaluate, config.train.until == "converged" or config.evaluate.checkpoint == "best"
    if asked.every and decides and (why := obstacle(asked.metric, data, part="validation", n=asked.samples)):
        raise ConfigError(
            "The metric that chooses the best checkpoint cannot be measured on this data",
            got=f"evaluate.metric = {asked.metric}: {why}",
            cure="Set evaluate.metric to another, or evaluate.checkpoint=last and train.until=steps",
        )


def _generator(
    config: RunConfig, ingredients: Ingredients, objects: Objects, twin: Twin
) -> tuple[Component, Generator]:
    component = config.generator
    if "n_wires" in GENERATORS.lookup(component.name).options.model_fields:
        own = objects.circuit if objects.circuit is not None else file_of(component.options.get("circuit"))
        if isinstance(own, Circuit):
            component = _component(component.name, {**component.options, "n_wires": own.n_wires})
    try:
        resolved, generator = _make(GENERATORS, component, "generator", ingredients)
    except QganError:
        raise
    except Exception as error:
        raise ConfigError(
            f"The generator '{component.name}' cannot be made",
            got=f"{type(error).__name__}: {error}",
            cure="Correct the circuit that it was given" if objects.circuit is not None else None,
        ) from error
    assert isinstance(generator, Generator)
    if objects.circuit is not None:
        if not generator.quantum:
            raise ConfigError(
                f"The generator '{component.name}' has no use for a circuit",
                got="circuit=...",
                cure='Leave it out, or start from a recipe with circuits, such as "digits"',
            )
        # What the configuration said of a named circuit was not asked of this one.
        kept = {key: value for key, value in resolved.options.items() if key != "latent_dim"}
        resolved = _component(resolved.name, {**kept, "circuit": OBJECT, "pattern": "own"})
    if config.train.conditional:
        key = Key(config.seed, "label embedding")
        generator = ConditionalGenerator(generator, data=ingredients.data, key=key)
    twin.settle(generator)
    return resolved, generator


def _make(table: Table, component: Component, path: str, *arguments: Any, **named: Any) -> tuple[Component, Any]:
    if component.name == OBJECT:
        raise ConfigError(
            f"The {path} of this configuration was an object",
            cure=f"Give it again from Python: qgan.fit(..., {path}=...)",
        )
    entry = table.lookup(component.name)
    options = validate(entry.options, component.options, path=path)
    return _component(component.name, options.model_dump(mode="json", exclude_none=True)), entry.make(
        options, *arguments, **named
    )


def _component(name: str, options: Json) -> Component:
    return Component.model_validate({"name": name, **options})


def _data(config: RunConfig, objects: Objects) -> tuple[Component, DataSet]:
    if objects.data is None:
        component, data = _make(DATA, config.data, "data", config.seed)
        return component, checked(data)
    own = objects.data if isinstance(objects.data, DataSet) else from_array(objects.data, seed=config.seed)
    return Component(name=OBJECT), checked(own)


def _backend(component: Component, *, sends: bool) -> tuple[Component, Backend, BackendOptions]:
    backend = resolve(component.name)
    if sends:
        backend = backend.sending()
    options = validate(BackendOptions, component.options, path="backend")
    backend.require_sensible(options)
    backend.gradient(options.shots, options.gradient)
    # What was really used is what a run records, whatever is chosen where nothing is asked for.
    resolved = options.resolved().model_copy(update={"c_dtype": backend.precision(options.c_dtype)})
    return _component(component.name, resolved.model_dump(mode="json", exclude_none=True)), backend, resolved


def _executor(
    backend: Backend,
    options: BackendOptions,
    batch_size: int,
    device: torch.device | None,
    circuit: Circuit,
    readout: ReadOut,
    *,
    rows: float,
) -> Executor:
    gates = sum(circuit.resources().gates.values())
    there = device if options.shots is None and options.gradient in ("auto", "adjoint") else None
    batch, sets = max(1, math.ceil(batch_size * rows)), max(1, math.floor(rows))
    backend.check(circuit.n_wires, batch=batch, n_gates=gates, sets=sets, device=there)
    return backend.executor(
        circuit,
        readout,
        shots=options.shots,
        method=options.gradient,
        c_dtype=options.c_dtype,
        device=device,
        spsa=options.spsa,
    )


def _discriminator(
    config: RunConfig, objects: Objects, data: DataSet, device: torch.device
) -> tuple[Component, nn.Module]:
    key = Key(config.seed, "discriminator weights")
    classes = data.classes if config.train.conditional else 0
    if objects.discriminator is None:
        component, module = _named_discriminator(config.discriminator, data, classes, key)
    else:
        component, module = Component(name=OBJECT), _copied(objects.discriminator)
    if isinstance(module, nn.Module):
        module.to(device)
    try_discriminator(module, data, device, classes=classes)
    return component, module


def _named_discriminator(component: Component, data: DataSet, classes: int, key: Key) -> tuple[Component, nn.Module]:
    try:
        # A plugin's module draws its weights as torch does, from the global stream: ours while it is made.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(torch_seed(key))
            return _make(DISCRIMINATORS, component, "discriminator", shape=data.sample_shape, classes=classes, key=key)
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, QganError):
            raise
        raise ConfigError(
            f"The discriminator '{component.name}' cannot be made",
            got=f"{type(error).__name__}: {error}",
            allowed="a callable of (options, shape=, classes=, key=) that gives a torch module",
            cure="Correct the plugin that it comes from",
        ) from error


def _copied(module: nn.Module) -> nn.Module:
    """Training leaves the user's own module as it is, so that a second run begins where the first did."""
    try:
        return copy.deepcopy(module)
    except Exception as error:
        raise ConfigError(
            "The discriminator cannot be copied",
            got=f"{type(error).__name__}: {error}",
            cure="Give a module that copy.deepcopy copies; one freshly made does",
        ) from error


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError(
            "torch finds no CUDA device",
            got="device = cuda",
            allowed="cpu, auto",
            cure="Use --device cpu, or install a CUDA build of torch and its driver",
        )
    return torch.device(name)
