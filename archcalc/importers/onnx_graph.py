"""A model of ONNX -> operations, by the layers of the operators of torch that its operators are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

from archcalc.core.errors import ArchcalcError, many, one_line
from archcalc.core.shape import Shape
from archcalc.importers.idioms import simplified
from archcalc.importers.onnx_idioms import RULES as IDIOMS
from archcalc.importers.onnx_layers import LAYERS, WORKLESS_KINDS, Node, called, everything, has_no_products
from archcalc.importers.onnx_values import Values
from archcalc.importers.operation import INPUT, Imported
from archcalc.importers.torch_call import Asked
from archcalc.importers.torch_graph import BATCH, Reader, Value, example
from archcalc.layers import KINDS

DEEPEST = 20  # scopes that are read
FLOATS = (1, 10, 11, 16)  # types of tensors that may be learned
KIND = "pkg.torch.export.graph_signature.InputSpec.kind"  # what torch says of a tensor of its module
SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature"
SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
CONTAINER = "Sequential"

Scopes = dict[str, tuple[str, str]]  # a module's own key -> its path and its class


def read(path: str, model: Any, shape: Shape | None = None) -> Imported:
    """The operations of a model, for the input that it states, or for this one. Raises ArchcalcError."""
    here = "it"
    try:
        reader = GraphReader(model, shape)
        for node in reader.live:
            here = f"{one_line(node.op_type)} {one_line(node.name or node.output[0])!r}"
            reader.read(node)
        return reader.imported()
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {'' if here == 'it' else f'{here}: '}{error}") from None
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        why = one_line(str(error))[:100]
        raise ArchcalcError(f"{path}: {here} is not as ONNX defines it ({why})") from None


class GraphReader(Reader):
    """Reads the operators of a graph, in order."""

    rules: ClassVar = LAYERS
    workless: ClassVar = WORKLESS_KINDS

    def __init__(self, model: Any, shape: Shape | None) -> None:
        self.model, self.known = model, Values(model, shape)
        self.operations, self.unknown, self.shapes, self.seen = [], [], {}, {}
        self.values: dict[str, Any] = {self.known.name: self.value(self.known.name)._replace(operation=INPUT)}
        self.kinds = {v.name: p.value for v in model.graph.value_info for p in v.metadata_props if p.key == KIND}
        self.copies = 0
        for tensor in model.graph.initializer:
            self.constant_tensor(tensor.name, tensor.data_type)
        self.live, self.used = _live(model.graph)
        self.scopes = _Scopes(self.live)

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
            return self.read_branch(node, branch)
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
                made = self.opaque(place, asked if asked.operator == "bias" else replace(asked, operator=_kind(node)))
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
            tuple(known.plain(name) if name else None for name in names), known.plain(first),
        )  # fmt: skip
        found = called(seen) if not node.domain else None
        operator, arguments = found or (_kind(node), everything(seen))
        if "before" in arguments:
            arguments = self.padded(node, arguments)
        sizes = known.sizes(first, BATCH)
        parts = tuple(known.sizes(name, BATCH) if name in known.types else () for name in node.output)
        return Asked(operator, arguments, example(sizes), sizes, BATCH, parts), found is not None

    def padded(self, node: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a convolution whose input has got other zeros before than after it."""
        x, before, after = arguments["input"], arguments["before"], arguments["after"]
        layer = KINDS["zeropad"](tuple(before), tuple(after))
        shape = layer.shape(x.shape)
        number = self.add(self.place(node, []), layer, (x.operation,), shape, "")
        return {**arguments, "input": Value(number, (x.sizes[0], *shape)), "padding": [0]}

    def place(self, node: Any, outputs: list[str]) -> Any:
        """An operator as a reader of torch's graphs sees it."""
        found = [SimpleNamespace(shape=self.known.sizes(name, BATCH)) for name in outputs]
        meta = {"val": found if len(found) > 1 else (found or [None])[0], "nn_module_stack": self.scopes.of(node)}
        return SimpleNamespace(meta=meta, target=None, node=node)

    def constants(self, node: Any, outputs: list[str], place: Any, asked: Asked) -> None:
        """Values that do not depend on the input, with the learned tensors that they are computed from."""
        if node.op_type == "Constant":
            return self.constant_tensor(outputs[0], self.known.types[outputs[0]].tensor_type.elem_type)
        if node.op_type == "Identity" and node.input[0] in self.shapes:
            self.copies += 1  # exporters write it for a tensor with the numbers of another one
            return self.constant_tensor(outputs[0], self.known.types[outputs[0]].tensor_type.elem_type)
        made = self.constant(place, asked)
        if not has_no_products(node) and any(value.tensors for value in asked.values):
            self.unknown.append(f"{_kind(node)} of learned tensors")
        self.values.update(zip(outputs, made if isinstance(made, list) else [made], strict=True))

    def work(self, node: Any) -> int:
        """The products of two matrices that do not depend on the input."""
        inputs, output = node.node.input, node.node.output[0]
        if node.node.op_type not in ("MatMul", "Gemm") or output in self.known.batch:
            return 0
        shapes = tuple(self.known.plain(name) for name in inputs[:2])
        return int(KINDS["matmul"]().work(shapes, self.known.plain(output))["activation_products"] or 0)

    def branch(self, node: Any) -> Any:
        """The branch of a condition that is a constant."""
        if node.op_type != "If" or node.domain or node.input[0] not in self.known.elements:
            return None
        chosen = "then_branch" if self.known.elements[node.input[0]].any() else "else_branch"
        return next(attribute.g for attribute in node.attribute if attribute.name == chosen)

    def read_branch(self, node: Any, branch: Any) -> None:
        for tensor in branch.initializer:
            self.known.tensor(tensor.name, tensor)
            self.constant_tensor(tensor.name, tensor.data_type)
        live, used = _live(branch)
        self.used |= used
        for inner in live:
            self.read(inner)
        for inside, name in zip(branch.output, node.output, strict=True):
            self.read(self.known.onnx.helper.make_node("Identity", [inside.name], [name]))

    def imported(self) -> Imported:
        shape = self.known.shape
        operations = simplified(simplified(self.operations, shape, IDIOMS), shape)
        known = [name for name, kind in self.kinds.items() if kind == "PARAMETER" and name in self.shapes]
        unused = sum(self.count(name) for name in known if name not in self.seen)
        unknown = tuple(dict.fromkeys(self.unknown))
        return Imported(operations, shape, unknown, unused, notes=tuple(self.notes()))

    def notes(self) -> Iterator[str]:
        """What a reader should know of what the file leaves open."""
        stated = "".join(one.value for one in self.model.graph.metadata_props if one.key == SIGNATURE)
        norms = {*re.findall(r"BUFFER target='([^']*running_mean)'", stated)}
        if missing := norms - {tensor.name for tensor in self.model.graph.initializer}:
            yield f"{many(len(missing), 'batch norm')} of the module {_are(missing)} part of the layers before, as exported"
        if shared := sum(each.shared is not None for each in self.operations):
            yield f"{many(shared, 'layer')} of the file {_are(range(shared))} with the weights of another one, counted once"
        joined = [each for each in self.operations if each.layer.label in ("parameter", "opaque")]
        if guessed := {name for each in joined for name in each.weights if name not in self.kinds}:
            yield f"{many(len(guessed), 'tensor')} of constants {_are(guessed)} counted as learned, which the file does not say"
        if self.copies:
            yield f"{many(self.copies, 'tensor')} with the numbers of another one {_are(range(self.copies))} counted for itself"


class _Scopes:
    """The modules around each operator, by its metadata or by its name."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        self.found = {node.output[0]: _scopes(node) for node in nodes}
        self.inside: dict[str, set[str]] = {}
        for paths in self.found.values():
            for (above, _), (path, _) in zip(paths, paths[1:], strict=False):
                self.inside.setdefault(above, set()).add(path.rpartition(".")[2])

    def of(self, node: Any) -> Scopes:
        return {path: (path, kind or self.kind(path)) for path, kind in self.found.get(node.output[0], ())}

    def kind(self, path: str) -> str:
        """A word for the class of a module of which only the name is known."""
        if all(name.isdigit() for name in self.inside.get(path, {"x"})):
            return CONTAINER
        return path.rpartition(".")[2].rstrip("_0123456789") or "block"


def _scopes(node: Any) -> list[tuple[str, str]]:
    """The path of each module around an operator, and its class, where that is told."""
    told = {entry.key: entry.value for entry in node.metadata_props}
    if SCOPES in told:
        paths, kinds = (re.findall("'([^']*)'", told.get(key, "")) for key in (SCOPES, CLASSES))
        return [*zip(paths[:-1], kinds, strict=False)][:DEEPEST]
    found: list[tuple[str, str]] = []
    path = before = ""
    for part in [part for part in node.name.split("/")[:-1] if part][:DEEPEST]:
        path = f"{path}.{part.removeprefix(f'{before}.')}".lstrip(".")
        before = part
        found.append((path, ""))
    return found


def _live(graph: Any) -> tuple[list[Any], set[str]]:
    """The operators on which the outputs of a graph depend, and the values that they use."""
    used, found = {output.name for output in graph.output}, []
    for node in reversed(graph.node):
        if used & {name for name in node.output if name}:
            used |= {*_inputs(node)}
            found.append(node)
    return found[::-1], used


def _inputs(node: Any) -> Iterator[str]:
    """The names that an operator uses, also those that its branches do."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            yield from (output.name for output in graph.output)
            for inner in graph.node:
                yield from _inputs(inner)


def _kind(node: Any) -> str:
    name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return one_line(name)


def _text(value: Any) -> Any:
    """An attribute; texts are bytes in a file."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _are(several: Any) -> str:
    return "is" if len(several) == 1 else "are"
