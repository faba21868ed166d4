"""A model of ONNX -> operations, by the layers of the operators of torch that its operators are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

from archcalc.core.errors import ArchcalcError, many, one_line
from archcalc.core.shape import Shape, replaced
from archcalc.importers.idioms import simplified
from archcalc.importers.onnx.call import Node, einsum_products, everything
from archcalc.importers.onnx.idioms import RULES as IDIOMS
from archcalc.importers.onnx.layers import LAYERS, WORKLESS_KINDS, called, has_no_products
from archcalc.importers.onnx.nodes import Scopes, kind_of, live
from archcalc.importers.onnx.values import Values
from archcalc.importers.operation import INPUT, Imported, Operation
from archcalc.importers.torch.call import Asked
from archcalc.importers.torch.graph import Reader, Value, example
from archcalc.importers.torch.module import BATCH
from archcalc.layers import KINDS

FLOATS = (1, 10, 11, 16)  # types of tensors that may be learned
KIND = "pkg.torch.export.graph_signature.InputSpec.kind"  # what torch says of a tensor of its module
SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature"


def read(path: str, model: Any, shape: Shape | None = None) -> Imported:
    """The operations of a model, for the input that it states, or for this one. Raises ArchcalcError."""
    here = "it"
    try:
        reader = GraphReader(model, shape)
        for node in reader.nodes:
            here = f"{kind_of(node)} {one_line(node.name or node.output[0])!r}"
            reader.read(node)
        return reader.imported()
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {'' if here == 'it' else f'{here}: '}{error}") from None
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        why = one_line(str(error))[:100]
        raise ArchcalcError(f"{path}: {here} is not as ONNX defines it ({why})") from None


class Place:
    """An operator as a reader of torch's graphs sees it; two of them are never equal."""

    target = None

    def __init__(self, meta: dict[str, Any], node: Any) -> None:
        self.meta, self.node = meta, node


class GraphReader(Reader):
    """Reads the operators of a graph, in order."""

    rules: ClassVar = LAYERS
    workless: ClassVar = WORKLESS_KINDS

    def __init__(self, model: Any, shape: Shape | None) -> None:
        self.model, self.known = model, Values(model, shape)
        self.operations, self.unknown, self.shapes, self.seen = [], [], {}, {}
        self.products = {}
        self.values: dict[str, Any] = {self.known.name: self.value(self.known.name)._replace(operation=INPUT)}
        self.kinds = {v.name: p.value for v in model.graph.value_info for p in v.metadata_props if p.key == KIND}
        self.sequences: dict[str, Any] = {}  # by name, the operators that split a value
        self.copies = 0
        for tensor in model.graph.initializer:
            self.constant_tensor(tensor.name, tensor.data_type)
        self.nodes, self.used = live(model.graph)
        self.scopes = Scopes(self.nodes)

    def constant_tensor(self, name: str, type_: int) -> None:
        """A tensor of the file: it is learned if the file says so, or else if it has fractions, and more than one."""
        kind, sizes = self.kinds.get(name), self.known.plain(name)
        if kind == "PARAMETER" or (kind is None and type_ in FLOATS and prod(sizes) != 1):
            self.shapes[name] = sizes
        self.values[name] = self.value(name)

    def value(self, name: str) -> Value:
        """A constant, or a value whose operation is still to be told."""
        return Value(None, self.known.sizes(name, BATCH), (name,) if name in self.shapes else ())

    def read(self, node: Any) -> None:
        """The outputs of an operator that are used. Raises ArchcalcError."""
        if branch := self.branch(node):
            self.read_branch(node, branch)
        elif node.op_type == "SplitToSequence" and not node.domain:
            self.sequences[node.output[0]] = node
        elif node.op_type == "SequenceAt" and node.input[0] in self.sequences:
            self.read_part(node, self.sequences[node.input[0]])
        else:
            self.read_values(node)

    def read_values(self, node: Any) -> None:
        self.known.add(node, self.used)
        outputs = [name for name in node.output if name in self.used]
        asked, has_layer = self.asked_of(node)
        place = self.place(node, outputs)
        if all(name not in self.known.batch for name in outputs):
            self.constants(node, outputs, place, asked)
        elif asked.operator == "split" and has_layer:
            for name in outputs:
                self.values[name] = self.part(place, asked, [*node.output].index(name))
        else:
            layers = self.layers(asked) if has_layer else None
            if layers is not None:
                made = self.chain(place, asked, layers)
            else:
                made = self.opaque(place, asked if asked.operator == "bias" else replace(asked, operator=kind_of(node)))
            each = made if isinstance(made, list) else [made] * len(outputs)
            for name, value in zip(outputs, each, strict=True):
                self.values[name] = value._replace(sizes=self.known.sizes(name, BATCH))

    def asked_of(self, node: Any) -> tuple[Asked, bool]:
        """The operator as the rules of layers see it, and whether it is one of those that they know."""
        known, names = self.known, [*node.input]
        first = next(name for name in node.output if name in self.used)
        given = {one.name: _text(self.known.onnx.helper.get_attribute_value(one)) for one in node.attribute}
        seen = Node(
            node.op_type, known.versions.get("", 1), given,
            tuple(self.values[name] if name else None for name in names),
            tuple(known.elements.get(name) for name in names),
            tuple(known.plain(name) if name else () for name in names), known.plain(first),
        )  # fmt: skip
        found = called(seen) if not node.domain else None
        operator, arguments = found or (kind_of(node), everything(seen))
        if "before" in arguments and arguments["input"].sizes[:1] == (BATCH,):
            arguments = self.padded(node, arguments)
        sizes = known.sizes(first, BATCH)
        parts = tuple(known.sizes(name, BATCH) if name in known.types else () for name in node.output)
        return Asked(operator, arguments, example(sizes), sizes, BATCH, parts), found is not None

    def padded(self, node: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a convolution whose input has got other zeros before than after it."""
        x, layer = arguments["input"], KINDS["zeropad"](arguments["before"], arguments["after"])
        number = self.add(self.place(node, []), layer, (x.operation,), layer.shape(x.shape), "")
        return {**arguments, "input": Value(number, (x.sizes[0], *layer.shape(x.shape)))}

    def place(self, node: Any, outputs: list[str]) -> Any:
        """An operator as a reader of torch's graphs sees it."""
        found = [SimpleNamespace(shape=self.known.sizes(name, BATCH)) for name in outputs]
        meta = {"val": found[0] if len(found) == 1 else found, "nn_module_stack": self.scopes.of(node)}
        return Place(meta, node)

    def constants(self, node: Any, outputs: list[str], place: Any, asked: Asked) -> None:
        """Values that do not depend on the input, with the learned tensors that they are computed from."""
        is_copy = node.op_type == "Identity" and node.input[0] in self.shapes
        if node.op_type == "Constant" or is_copy:  # exporters write a copy for a tensor with equal numbers
            self.constant_tensor(outputs[0], self.known.types[outputs[0]].tensor_type.elem_type)
            self.copies += is_copy
            return
        made = self.constant(place, asked)
        if not has_no_products(node) and any(value.tensors for value in asked.values):
            self.unknown.append(f"{kind_of(node)} of learned tensors")
        self.values.update(zip(outputs, made if isinstance(made, list) else [made], strict=True))

    def work(self, node: Any, operator: str) -> int:
        """The products of an operator that has no layer, for one example; 0 where they are not known."""
        node, given = node.node, {attribute.name: attribute for attribute in node.node.attribute}
        x, other = ([self.known.plain(name) for name in node.input if name] + [(), ()])[:2]
        sizes = self.known.plain(node.output[0])
        if node.domain:
            return 0
        if node.op_type == "Einsum" and len(node.input) == 2:
            return einsum_products(_text(given["equation"].s), (x, other))
        if node.op_type in ("MatMul", "Gemm"):
            rows = x[::-1] if "transA" in given and given["transA"].i else x
            return int(KINDS["matmul"]().work((rows, other), sizes)["activation_products"] or 0)
        if node.op_type == "Conv":
            groups = given["group"].i if "group" in given else 1
            layer = KINDS["conv"](other[0], other[2:], groups=groups, bias=False)
            return int(sizes[0] * (layer.products((x[1:],), sizes[1:]) or 0))
        return 0

    def branch(self, node: Any) -> Any:
        """The branch of a condition that is a constant."""
        if node.op_type != "If" or node.domain or node.input[0] not in self.known.elements:
            return None
        chosen = "then_branch" if self.known.elements[node.input[0]].any() else "else_branch"
        return {attribute.name: attribute.g for attribute in node.attribute}[chosen]

    def read_branch(self, node: Any, branch: Any) -> None:
        for tensor in branch.initializer:
            self.known.tensor(tensor.name, tensor)
            self.constant_tensor(tensor.name, tensor.data_type)
        nodes, used = live(branch)
        self.used |= used
        for inner in nodes:
            self.read(inner)
        for inside, name in zip(branch.output, node.output, strict=True):
            self.read(self.known.onnx.helper.make_node("Identity", [inside.name], [name]))

    def read_part(self, node: Any, split: Any) -> None:
        """One of the values that a value is split into."""
        name, given = node.output[0], {attribute.name: attribute.i for attribute in split.attribute}
        x, axis, which = split.input[0], given.get("axis", 0), int(self.known.elements[node.input[1]])
        lengths = self.known.lengths(x, axis, *split.input[1:])
        is_kept = len(split.input) > 1 or bool(given.get("keepdims", 1))
        self.known.part(name, x, axis, lengths[which] if is_kept else None)
        sizes, value = self.known.sizes(name, BATCH), self.values[x]
        if value.operation is None:
            self.values[name] = value._replace(sizes=sizes)
            return
        parts = [replaced(value.sizes, axis, *([length] if is_kept else [])) for length in lengths]
        call = {"input": value, "dim": axis}
        asked = Asked("split" if is_kept else "unbind", call, example(sizes), sizes, BATCH, tuple(parts))
        self.values[name] = self.part(self.place(node, [name]), asked, which % len(lengths))

    def imported(self) -> Imported:
        shape = self.known.shape
        operations = simplified(simplified(self.operations, shape, IDIOMS), shape)
        known = [name for name, kind in self.kinds.items() if kind == "PARAMETER" and name in self.shapes]
        unused = sum(self.count(name) for name in known if name not in self.seen)
        unknown = tuple(dict.fromkeys(self.unknown))
        return Imported(operations, shape, unknown, unused, notes=tuple(self.left_open(operations)))

    def left_open(self, operations: Sequence[Operation]) -> Iterator[str]:
        """What a reader should know of what the file leaves open."""
        stated = "".join(one.value for one in self.model.graph.metadata_props if one.key == SIGNATURE)
        norms = {*re.findall(r"BUFFER target='([^']*running_mean)'", stated)}
        if missing := norms - {tensor.name for tensor in self.model.graph.initializer}:
            yield f"In the file, {many(len(missing), 'batch norm')} of the module went into the weights of other layers"
        if shared := sum(each.shared is not None for each in operations):
            yield f"Layers that have the weights of an earlier one: {shared:,}; these are counted once"
        joined = [each for each in operations if each.layer.label in ("parameter", "opaque")]
        if guessed := {name for each in joined for name in each.weights if name not in self.kinds}:
            yield f"Constants that are learned or not, as the file does not say; they are params here: {len(guessed):,}"
        if self.copies:
            yield f"Tensors with the numbers of another one, which are counted for themselves: {self.copies:,}"


def _text(value: Any) -> Any:
    """An attribute; texts are bytes in a file."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
