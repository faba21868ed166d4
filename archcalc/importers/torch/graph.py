"""The graph that torch exports from a module -> operations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from archcalc.core.errors import needed
from archcalc.core.layer import Kind, argument_needs
from archcalc.core.shape import Shape
from archcalc.importers.idioms import simplified
from archcalc.importers.operation import INPUT, Imported, Operation, Within
from archcalc.importers.torch.call import Asked
from archcalc.importers.torch.layers import NOT_OF_THE_INPUT, RULES, WORKLESS
from archcalc.importers.torch.module import BATCH, counted, evaluated, exported
from archcalc.layers import KINDS


class Value(NamedTuple):
    """A tensor in the graph."""

    operation: int | None  # that makes it; None for one that does not depend on the input
    sizes: Shape  # with the batch
    tensors: tuple[str, ...] = ()  # the learned ones that it is computed from, if it is a constant
    products: tuple[Any, ...] = ()  # the nodes with mult-adds by which it is computed, if it is a constant

    @property
    def shape(self) -> Shape:
        """The shape of one example."""
        return example(self.sizes)


def example(sizes: Shape) -> Shape:
    """The sizes without those of the batch."""
    return tuple(of_one(size) for size in sizes if size != BATCH)


def of_one(size: int) -> int:
    """A size for one example in the batch."""
    return size // BATCH if size % BATCH == 0 else size


def read(module: Any, shape: Shape, dtype: str = "float32") -> Imported:
    """The operations of a torch module for an input of that shape. Raises ArchcalcError."""
    torch = needed("torch", "an import of a torch module", "torch")
    with evaluated(torch, module) as on_meta:
        program = exported(torch, on_meta, shape, dtype)
        mult_adds = counted(torch, on_meta, shape, dtype)
    sizes = {name: tuple(parameter.shape) for name, parameter in on_meta.named_parameters()}
    reader = Reader(torch, program, sizes, _first_names(on_meta))
    for node in program.graph.nodes:
        reader.node(node)
    used = sum(math.prod(sizes[name]) for name in reader.seen)
    unused = sum(map(math.prod, sizes.values())) - used
    operations = simplified(reader.operations, shape)
    unknown, notes = (tuple(dict.fromkeys(found)) for found in (reader.unknown, reader.notes()))
    return Imported(operations, shape, unknown, unused, used, mult_adds, notes)


def _first_names(module: Any) -> dict[str, str]:
    """The first name of each parameter, by each of its names."""
    first: dict[int, str] = {}
    named = module.named_parameters(remove_duplicate=False)
    return {name: first.setdefault(id(parameter), name) for name, parameter in named}


class Reader:
    """Reads the nodes of an exported graph, in order."""

    rules: ClassVar = RULES
    workless: ClassVar = WORKLESS

    def __init__(self, torch: Any, program: Any, shapes: dict[str, Shape], first: dict[str, str]) -> None:
        self.torch, self.shapes = torch, shapes  # of the learned tensors, by name
        placeholders = program.graph_signature.inputs_to_parameters
        self.names = {placeholder: first[name] for placeholder, name in placeholders.items()}
        self.data = {*program.graph_signature.user_inputs}
        self.operations: list[Operation] = []
        self.values: dict[Any, Any] = {}
        self.seen: dict[str, int | None] = {}  # learned tensor -> the operation that counts it
        self.products: dict[Any, int] = {}  # node of constants -> its mult-adds, until an operation counts them
        self.unknown: list[str] = []
        self.joined: list[str] = []  # operators whose output is one for each pair of examples

    def notes(self) -> Iterator[str]:
        if self.joined:
            yield f"The network joins the examples of a batch, in {self.joined[0]}; a batch of one is counted"

    def node(self, node: Any) -> None:
        if node.op == "placeholder":
            sizes = _sizes(node.meta.get("val"))
            learned = (self.names[node.name],) if node.name in self.names else ()
            self.values[node] = Value(INPUT if node.name in self.data else None, sizes, learned)
        elif node.op == "call_function":
            inner = [one for one in node.args if getattr(one, "op", "") == "get_attr"]
            self.values[node] = self.inner(node, inner[0]) if len(inner) == 1 else self.called(node)

    def inner(self, node: Any, part: Any) -> list[Any]:
        """The values that a part of the graph gives, such as one without gradients; it is read where it is called."""
        graph = getattr(part.graph.owning_module, part.target).graph
        operands = node.args[node.args.index(part) + 1 :]
        for placeholder, operand in zip(graph.find_nodes(op="placeholder"), operands, strict=True):
            self.values[placeholder] = self.values[operand]
        for one in graph.nodes:
            if one.op != "placeholder":
                self.node(one)
        (results,) = graph.output_node().args
        return [self.values.get(one) for one in results]

    def called(self, node: Any) -> Any:
        """The value of a node, or the several values."""
        if node.target.__name__ == "getitem":
            several, which = node.args
            return self.part(node, self.values[several], which)
        if node.meta.get("val") is None:  # an assertion
            return None
        asked = self.asked(node)
        operator = asked.operator
        if asked.sizes.count(BATCH) > 1:
            self.joined.append(_named(operator, node))
        if asked.constant or operator in NOT_OF_THE_INPUT or 0 in asked.sizes:
            return self.constant(node, asked)
        if operator in ("split", "split_with_sizes", "chunk", "unbind", "tensor_split"):
            return asked
        layers = self.layers(asked)
        if layers is None:
            return self.opaque(node, asked)
        return self.chain(node, asked, layers)

    def asked(self, node: Any) -> Asked:
        schema = getattr(node.target, "_schema", None)
        names = [argument.name for argument in schema.arguments] if schema else [str(i) for i in range(len(node.args))]
        given = {argument.name: argument.default_value for argument in schema.arguments} if schema else {}
        given |= dict(zip(names, node.args, strict=False)) | node.kwargs
        found = {name: self.seen_as(value) for name, value in given.items()}
        operator = str(getattr(node.target, "_opname", node.target.__name__))
        operator = operator.removesuffix("_") if not operator.startswith("_") else operator
        value = node.meta.get("val")
        parts = tuple(map(_sizes, value)) if isinstance(value, (list, tuple)) else ()
        return Asked(operator, found, example(_sizes(value)), _sizes(value), BATCH, parts)

    def seen_as(self, value: Any) -> Any:
        """An argument, with values in place of nodes."""
        if isinstance(value, (list, tuple)):
            return [self.seen_as(one) for one in value]
        found = self.values.get(value) if hasattr(value, "op") else value
        return self.only(value, found) if isinstance(found, (Asked, list)) and hasattr(value, "op") else found

    def only(self, node: Any, found: Any) -> Any:
        """Several values that an operator takes as a list."""
        if isinstance(found, list):
            return found
        return [self.part(node, found, which) for which in range(len(found.parts))]

    def constant(self, node: Any, asked: Asked) -> Any:
        """A value that does not depend on the input, with what it is computed from."""
        tensors = tuple(dict.fromkeys(name for value in asked.values for name in value.tensors))
        products = dict.fromkeys(one for value in asked.values for one in value.products)
        if work := self.work(node, asked.operator):
            self.products[node] = work
            products[node] = None
        found = node.meta.get("val")
        if isinstance(found, (list, tuple)):
            return [Value(None, _sizes(one), tensors, tuple(products)) for one in found]
        return Value(None, _sizes(found), tensors, tuple(products))

    def layers(self, asked: Asked) -> list[Kind] | None:
        """The layers of an operator, if archcalc has them and they give the same shape."""
        rule = self.rules.get(asked.operator)
        layers = rule(asked) if rule else None
        if layers is None:
            return None
        shapes = tuple(self.shaped(value, asked.shape) for value in asked.operands)
        for layer in layers:
            if not layer.many and len(shapes) > 1:
                return None
            if any(fits is not True for fits, _ in (*layer.needs(*shapes), *argument_needs(layer))):
                return None
            shapes = (layer.shape(*shapes),)
        return layers if shapes == (asked.shape,) and self.holds(asked, layers) else None

    def holds(self, asked: Asked, layers: list[Kind]) -> bool:
        """Whether the first layer's weights are the operator's, all of them new, or all those of an equal layer."""
        if any(one in self.products for value in asked.tensors for one in value.products):
            return False
        names = [name for value in asked.tensors for name in value.tensors]
        if not layers or asked.operands == asked.values:
            return not names
        shapes = tuple(self.shaped(value, asked.shape) for value in asked.operands)
        weights = layers[0].weights(*shapes) or {}
        earlier = {self.seen.get(name) for name in names}
        new = earlier <= {None}
        if len(earlier) == 1 and not new:
            (number,) = earlier
            new = self.weights_of(number) == sorted(weights.values())
        return new and sum(map(self.count, names)) == sum(map(math.prod, weights.values()))

    def weights_of(self, number: int | None) -> list[Shape]:
        """The shapes of an operation's weights."""
        operation = self.operations[number or 0]
        found = operation.layer.weights(*map(self.shape_of, operation.inputs or (INPUT,)))
        return sorted((found or {}).values())

    def shaped(self, value: Value, output: Shape) -> Shape:
        """The shape with which a value takes part: a constant stands beside the axes that the output has last."""
        if value.operation is not None:
            return value.shape
        shape = value.shape
        while len(shape) > len(output) and shape[0] == 1:
            shape = shape[1:]
        return (1,) * (len(output) - len(shape)) + shape

    def chain(self, node: Any, asked: Asked, layers: list[Kind]) -> Value:
        sizes = _sizes(node.meta["val"])
        if not layers:
            value: Value = asked.operands[0]
            return value._replace(sizes=sizes)
        inputs = tuple(self.operand(node, value, asked.shape) for value in asked.operands)
        for i, layer in enumerate(layers):
            shapes = tuple(self.shape_of(number) for number in inputs)
            tensors = tuple(name for value in asked.tensors for name in value.tensors) if i == 0 else ()
            inputs = (self.add(node, layer, inputs, layer.shape(*shapes), "", tensors),)
        made = Value(inputs[0], sizes)
        return self.mutated(node, made)

    def mutated(self, node: Any, made: Value) -> Value:
        """The value; an operator that writes into its input gives that node its output, too."""
        name = str(getattr(node.target, "_opname", ""))
        if name.endswith("_") and not name.startswith("_"):
            self.values[node.args[0]] = made
        return made

    def operand(self, node: Any, value: Value, output: Shape) -> int:
        """The operation that gives an operand; for a constant, a new one."""
        if value.operation is not None:
            return value.operation
        layer = KINDS["parameter"](shape := self.shaped(value, output))
        name = value.tensors[0] if value.tensors else "constant"
        earlier = self.seen.get(name)
        same = earlier is None or self.operations[earlier].layer == layer
        if len(value.tensors) == 1 and self.count(name) == math.prod(shape) and same and not value.products:
            return self.add(node, layer, (), shape, name, value.tensors)
        new = self.new(value.tensors)
        made = KINDS["opaque"](shape, params=sum(map(self.count, new)), mult_adds=self.counted([value]))
        return self.add(node, made, (), shape, name, new)

    def new(self, names: Sequence[str]) -> tuple[str, ...]:
        """The learned tensors that are not counted yet."""
        return tuple(name for name in dict.fromkeys(names) if name not in self.seen)

    def counted(self, constants: Sequence[Value]) -> int:
        """The mult-adds by which constants are computed, as far as no other operation counts them."""
        return sum(self.products.pop(one, 0) for value in constants for one in value.products)

    def count(self, name: str) -> int:
        return math.prod(self.shapes[name])

    def shape_of(self, number: int) -> Shape:
        return self.operations[number].shape if number != INPUT else self.input_shape

    @property
    def input_shape(self) -> Shape:
        return next(value.shape for value in self.values.values() if getattr(value, "operation", None) == INPUT)

    def opaque(self, node: Any, asked: Asked) -> Any:
        """The operator as a layer whose work is declared where torch counts it or where there is none."""
        found = node.meta.get("val")
        several = isinstance(found, (list, tuple))
        shape = example(_sizes(found[0] if several else found)) or (1,)
        tensors = self.new([name for value in asked.constants for name in value.tensors])
        params = sum(map(self.count, tensors))
        work: int | None = self.work(node, asked.operator) + self.counted(asked.constants)
        if not work and asked.operator not in self.workless:
            self.unknown.append(_named(asked.operator, node))
            work = None
        inputs = tuple(dict.fromkeys(v.operation for v in asked.activations if v.operation is not None))
        layer = KINDS["opaque"](shape, params=params, mult_adds=work)
        number = self.add(node, layer, inputs, shape, asked.operator.strip("_"), tensors)
        if several:
            return [Value(number, _sizes(one)) for one in found]
        return self.mutated(node, Value(number, _sizes(found)))

    def work(self, node: Any, operator: str) -> int:
        """Half of what torch's counter finds in one node, for one example."""
        from torch.utils.flop_counter import FlopCounterMode

        if operator in WORKLESS:
            return 0
        arguments, others = self.of_one(node.args), self.of_one(node.kwargs)
        try:
            with FlopCounterMode(display=False) as counter, self.torch.no_grad():
                node.target(*arguments, **others)
        except Exception:  # an operator that is not defined without data
            return 0
        return int(counter.get_total_flops()) // 2

    def of_one(self, value: Any) -> Any:
        """An argument of a node for one example, with tensors without data in place of nodes."""
        if isinstance(value, dict):
            return {key: self.of_one(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.of_one(one) for one in value]
        known = value.meta.get("val") if hasattr(value, "meta") else value
        if isinstance(known, self.torch.Tensor):
            return self.torch.empty([*map(of_one, known.shape)], dtype=known.dtype, device="meta")
        return of_one(known) if isinstance(known, int) and not isinstance(known, bool) else known

    def part(self, node: Any, several: Any, which: int) -> Any:
        """One of several values."""
        if isinstance(several, list):
            return several[which]
        if isinstance(several, Value):  # of an operator that gives more than its layer does, such as a last state
            return several if which == 0 else several._replace(sizes=_sizes(node.meta.get("val")))
        sizes, layers = several.parts[which], several.part(which)
        shape = example(sizes) or (1,)
        if layers is None:
            layer = KINDS["opaque"](shape, params=0, mult_adds=0)
            return Value(self.add(node, layer, (several.x.operation,), shape, several.operator), sizes)
        inputs = (several.x.operation,)
        for layer in layers:
            inputs = (self.add(node, layer, inputs, layer.shape(self.shape_of(inputs[0])), ""),)
        return Value(inputs[0], sizes)

    def add(
        self, node: Any, layer: Kind, inputs: Sequence[int], shape: Shape, name: str, tensors: tuple[str, ...] = ()
    ) -> int:
        number = len(self.operations)
        known = [self.seen.get(tensor) for tensor in tensors]
        shared = known[0] if tensors and known[0] is not None and len({*known}) == 1 else None
        short = name.rpartition(".")[2]
        self.operations.append(Operation(layer, tuple(inputs), shape, _within(node), short, tensors, shared))
        for tensor in tensors:
            self.seen.setdefault(tensor, number)
        return number


def _within(node: Any) -> tuple[Within, ...]:
    found, above = [], ""
    for key, (path, kind) in node.meta.get("nn_module_stack", {}).items():
        if path:
            name = path.removeprefix(above).lstrip(".")
            found.append(Within(key, name, str(getattr(kind, "__name__", kind)).rpartition(".")[2]))
            above = path
    return tuple(found)


def _named(operator: str, node: Any) -> str:
    """An operator with the place where it stands."""
    return f"{operator} in {'.'.join(within.name for within in _within(node)) or 'the network'}"


def _sizes(value: Any) -> Shape:
    return tuple(map(int, getattr(value, "shape", ())))
