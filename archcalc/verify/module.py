"""A graph as a torch module: its submodules have the names of the layers, and share weights where the spec says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from archcalc.core.errors import ArchcalcError
from archcalc.graph.graph import Graph, Node
from archcalc.memory.liveness import last_uses, outputs
from archcalc.verify.device import is_fault

RESERVED = frozenset(dir(nn.Module()))  # names that a submodule cannot have

Unknown: TypeAlias = Callable[[Node], Callable[..., Tensor]]


def refuse(node: Node) -> Callable[..., Tensor]:
    """Refuse a layer whose work is not declared, since it has no module."""
    raise ArchcalcError(f"no torch module: only the shape of the output of {node.name} is declared ({node.layer})")


class TorchRefuses(ArchcalcError):
    """An error of torch for a layer that the formulas accept."""

    def __init__(self, node: Node, error: Exception) -> None:
        self.node, self.error = node, error
        super().__init__(f"{node.name}: {node.layer}: torch refuses it: {error}")


class Function(nn.Module):
    """A function as a module, so that a layer without weights has a name; a join also contains its branches."""

    def __init__(self, function: Callable[..., Tensor], text: str) -> None:
        super().__init__()
        self._function, self._text = function, text

    def forward(self, *tensors: Tensor) -> Tensor:
        return self._function(*tensors)

    def extra_repr(self) -> str:
        return self._text


class Group(nn.Module):
    """A module that groups layers under one name; the network runs each of them itself."""

    def forward(self, *_: Tensor) -> Tensor:
        """Raises ArchcalcError, since only the network knows the connections between the layers."""
        raise ArchcalcError("a block only groups its layers under a name; the network runs them, so hook or call those")


class Call(NamedTuple):
    """The call of a layer: its submodule, the numbers of its input values and its own, and those no longer needed."""

    target: str
    inputs: tuple[int, ...]
    value: int
    done: tuple[int, ...]


class NetworkModule(nn.Module):
    """A network; the layer a/b/c is the submodule a.b.c. It returns its output, or several as a dict by layer."""

    _calls: tuple[Call, ...]
    _outputs: dict[str, int]
    _shared: tuple[tuple[str, str], ...]  # a layer, and the one whose weights it uses

    def __init__(self, graph: Graph, modules: Sequence[nn.Module]) -> None:
        super().__init__()
        targets: dict[str, str] = {}
        for node, module in zip(graph.nodes[1:], modules, strict=True):
            _install(self, node.name, module, targets)
        names = ["", *(targets[node.name] for node in graph.nodes[1:])]
        done = _done(graph)
        numbered = enumerate(zip(names, graph.nodes, done, strict=True))
        self._calls = tuple(Call(name, node.inputs, i, free) for i, (name, node, free) in numbered if i)
        self._outputs = {graph.nodes[i].name: i for i in outputs(graph)}
        pairs = zip(names, graph.nodes, strict=True)
        self._shared = tuple((name, names[node.shared]) for name, node in pairs if node.shared is not None)
        self._tie_weights()

    def _tie_weights(self) -> None:
        """Let layers that use the weights of others hold the same tensors."""
        for own, other in self._shared:
            theirs = dict(self.get_submodule(other).named_modules())
            for name, module in self.get_submodule(own).named_modules():
                _take(module._parameters, theirs[name]._parameters)
                _take(module._buffers, theirs[name]._buffers)

    def _apply(self, *arguments: Any, **options: Any) -> NetworkModule:
        """What torch moves or converts all tensors with: it makes some anew in each layer, which are shared again."""
        super()._apply(*arguments, **options)  # type: ignore[no-untyped-call]  # of torch
        self._tie_weights()
        return self

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        values = {0: x}
        for call in self._calls:
            values[call.value] = self.get_submodule(call.target)(*[values[i] for i in call.inputs])
            for i in call.done:
                del values[i]
        found = {name: values[i] for name, i in self._outputs.items()}
        return found if len(found) > 1 else next(iter(found.values()))

    def layers(self) -> Iterator[nn.Module]:
        """The module of each layer, in the order of the nodes after the input."""
        return (self.get_submodule(call.target) for call in self._calls)


@contextmanager
def watched(network: NetworkModule, start: Callable[..., None], end: Callable[..., None]) -> Iterator[None]:
    """Call ``start`` before each layer runs and ``end`` after it, with the arguments that torch gives to hooks."""
    hooks = [layer.register_forward_pre_hook(start, prepend=True) for layer in network.layers()]
    hooks += [layer.register_forward_hook(end) for layer in network.layers()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def to_module(graph: Graph, unknown: Unknown = refuse) -> NetworkModule:
    """The network as a torch module, on torch's default device. Raises ArchcalcError.

    ``unknown`` gives a substitute for a layer of which only the shape of the output is declared.
    """
    for node in graph.nodes:
        if not all(isinstance(size, int) for size in (*node.shape, node.times)):
            raise ArchcalcError(f"a torch module needs numbers for its sizes; {node.name} has {node.shape}")

    def made(node: Node) -> nn.Module:
        assert node.layer is not None
        try:
            module = node.layer.module(torch, *graph.input_shapes(node))
        except Exception as error:
            if is_fault(error):
                raise
            raise TorchRefuses(node, error) from error
        return module if isinstance(module, nn.Module) else Function(module or unknown(node), str(node.layer))

    return NetworkModule(graph, [made(node) for node in graph.nodes[1:]])


def _done(graph: Graph) -> list[tuple[int, ...]]:
    """For each node, the values that no later node needs."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for value, last in enumerate(last_uses(graph)):
        if last < len(found):
            found[last].append(value)
    return [tuple(values) for values in found]


def _install(root: nn.Module, path: str, module: nn.Module, targets: dict[str, str]) -> None:
    """Put a module at its path. If there is already a group at this path, the module takes over its children."""
    above, _, name = path.rpartition("/")
    if above and above not in targets:
        _install(root, above, Group(), targets)
    parent = root.get_submodule(targets[above]) if above else root
    if path in targets:
        target = targets[path].rpartition(".")[2]
        for inner, child in parent.get_submodule(target).named_children():
            module.add_module(inner, child)
        setattr(parent, target, module)
        return
    target = name
    while target in RESERVED or hasattr(parent, target):
        target += "_"
    parent.add_module(target, module)
    targets[path] = f"{targets[above]}.{target}" if above else target


def _take(held: dict[str, Any], theirs: Mapping[str, Any]) -> None:
    """The others' tensors in place of one's own; what a tool has put beside them is each layer's."""
    held |= {name: theirs[name] for name in held if name in theirs}
