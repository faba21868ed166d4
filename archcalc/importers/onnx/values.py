"""What is known of the values in a graph of ONNX: their sizes, small constants, and where the batch stands.

The sizes come from ONNX's own inference, one operator at a time, and the arithmetic of shapes is done by its own
reference implementation. Many files state the sizes for a batch of 1, also in the targets of reshapes. So every file is
read for a batch of 1, whose axis is followed from operator to operator.
"""

from __future__ import annotations

import re
from contextlib import suppress
from math import prod
from typing import Any
from warnings import catch_warnings, simplefilter

from archcalc.core.errors import ArchcalcError, listing, needed, one_line
from archcalc.core.shape import Shape, describe, replaced
from archcalc.importers.onnx.file import WHAT

LARGEST = 1 << 16  # elements of a constant that is computed
MOST_PARTS = 4096  # of a split
MOST_KEPT = 4096  # elements of a constant that are not all equal
FOLDED = {  # the operators of the arithmetic of shapes
    *("Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal"),
    *("Expand", "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max"),
    *("Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum"),
    *("Reshape", "Round", "Shape", "Sign", "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose"),
    *("Unsqueeze", "Where"),
}
TERM = rb"[A-Za-z]*(\.\.\.)?[A-Za-z]*"
EQUATION = re.compile(rb"%b(,%b)*(->%b)?" % (TERM, TERM, TERM))
BY_TYPE = {"Shape": 0, "Size": 0, "CastLike": 1}  # operators that only look at the type and the sizes of an input
SAME_ORDER = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")


class Values:
    """The values of a graph, by name."""

    def __init__(self, model: Any, shape: Shape | None) -> None:
        self.onnx, self.model = needed("onnx", WHAT, "onnx"), model
        self.evaluator = needed("onnx.reference", WHAT, "onnx").ReferenceEvaluator
        self.versions = {o.domain.replace("ai.onnx", "", o.domain == "ai.onnx"): o.version for o in model.opset_import}
        self.types: dict[str, Any] = {}
        self.elements: dict[str, Any] = {}
        self.batch: dict[str, int] = {}  # of what depends on the input: the axis before which the batch stands
        for tensor in model.graph.initializer:
            self.tensor(tensor.name, tensor)
        stated = self.input(shape)
        infos = (*model.graph.value_info, *model.graph.output) if stated else ()
        self.stated = {info.name: _sizes(info.type) for info in infos}

    def tensor(self, name: str, tensor: Any) -> None:
        """A constant, with its elements if they are few and in the file itself. Raises ArchcalcError."""
        sizes = tuple(tensor.dims)
        if any(size < 0 for size in sizes):
            raise ArchcalcError(f"the tensor {one_line(name)!r} has the sizes {listing(map(str, sizes))}")
        self.enter(name, tensor.data_type, sizes)
        if tensor.data_location != tensor.EXTERNAL and prod(sizes) <= MOST_KEPT:
            with suppress(ValueError, TypeError):  # they were left out when the file was read
                self.elements[name] = self.onnx.numpy_helper.to_array(tensor)

    def input(self, shape: Shape | None) -> bool:
        """The network's input; whether the file states its shape. Raises ArchcalcError."""
        found = [one for one in self.model.graph.input if one.name not in self.types]
        if len(found) != 1:
            names = f" ({listing([one_line(one.name) for one in found[:5]])})" if found else ""
            raise ArchcalcError(f"the network has {len(found)} inputs{names}; a spec has one")
        (only,) = found
        batch, *own = _sizes(only.type) or (None,)
        if (batch or 1) != 1:
            raise ArchcalcError(
                f"its input is a batch of {batch}; archcalc reads networks that were exported with one "
                "example, or with an open number of them"
            )
        sizes = shape or tuple(size or 0 for size in own)
        if not sizes or min(sizes) < 1:
            how = "'archcalc import FILE --input 3,224,224 -o NAME.yaml' gives it"
            raise ArchcalcError(f"the size of its input {one_line(only.name)!r} is open; {how}")
        if own and len(own) != len(sizes):
            raise ArchcalcError(f"one example of its input has {len(own)} axes, and {describe(sizes)} has {len(sizes)}")
        self.name, self.shape = only.name, sizes
        self.enter(only.name, only.type.tensor_type.elem_type, (1, *sizes))
        self.batch[only.name] = 0
        return [*sizes] == own

    def enter(self, name: str, type_: int, sizes: Shape) -> None:
        if name in self.types:
            raise ArchcalcError(f"the value {one_line(name)!r} is written twice")
        self.types[name] = self.onnx.helper.make_tensor_type_proto(type_, sizes)

    def plain(self, name: str) -> Shape:
        """The sizes of a value for a batch of 1."""
        return tuple(dim.dim_value for dim in self.types[name].tensor_type.shape.dim)

    def sizes(self, name: str, batch: int) -> Shape:
        """The sizes of a value for a batch of this size, which may be a part of an axis."""
        sizes, at = self.plain(name), self.batch.get(name)
        return sizes if at is None or not sizes else (*sizes[:at], sizes[at] * batch, *sizes[at + 1 :])

    def add(self, node: Any, used: set[str]) -> None:
        """The outputs of an operator that are used. Raises ArchcalcError."""
        given = [name for name in node.input if name]
        for name in given:
            if name not in self.types:
                raise ArchcalcError(f"its input {one_line(name)!r} is not there, or depends on its output")
        inferred = self.inferred(node, given)
        looked_at = BY_TYPE.get(node.op_type)
        depends = [name for i, name in enumerate(node.input) if name in self.batch and i != looked_at]
        for name in node.output:
            if name in used or (name and name in inferred):
                self.output(node, name, inferred.get(name), depends)
        if node.op_type in FOLDED and not node.domain:
            self.fold(node, given)

    def lengths(self, x: str, axis: int, split: str = "") -> list[int]:
        """The lengths of the parts into which an axis is split: each is told, or one for all."""
        size, given = self.plain(x)[axis], self.elements[split].tolist() if split else 1
        if isinstance(given, list):
            return given
        if size > MOST_PARTS * given:
            raise ArchcalcError(f"it splits {size:,} into more than {MOST_PARTS:,} parts")
        return [min(given, size - start) for start in range(0, size, given)]

    def part(self, name: str, x: str, axis: int, length: int | None) -> None:
        """A part of a value along an axis, which vanishes if it has no length."""
        sizes, at = self.plain(x), self.batch.get(x)
        kept = () if length is None else (length,)
        self.enter(name, self.types[x].tensor_type.elem_type, replaced(sizes, axis, *kept))
        if at is not None:
            self.batch[name] = at - (length is None and axis % len(sizes) < at)

    def inferred(self, node: Any, given: list[str]) -> dict[str, Any]:
        """The types of the outputs, as far as ONNX can tell them. Raises ArchcalcError."""
        defs, version = self.onnx.defs, self.versions.get(node.domain, 1)
        if not defs.has(node.op_type, version, node.domain):
            return {}
        small = {name: found for name in given if (found := self.elements.get(name)) is not None}
        known = {name: self.onnx.numpy_helper.from_array(one) for name, one in small.items() if one.size <= MOST_KEPT}
        infer = needed("onnx.shape_inference", WHAT, "onnx").infer_node_outputs
        schema = defs.get_schema(node.op_type, version, node.domain)
        if why := unsafe(node, len(self.plain(given[0])) if given else 0):
            raise ArchcalcError(why)
        for place, formal in enumerate(schema.inputs):
            if formal.option == formal.option.Single and not "".join(node.input[place : place + 1]):
                raise ArchcalcError(f"its input {formal.name} is missing")
        types = {name: self.types[name] for name in given}
        try:
            found = infer(schema, node, types, known, None, [*self.model.opset_import], self.model.ir_version)
        except Exception as error:  # of its compiled part
            why = one_line(str(error).replace("[ShapeInferenceError] ", ""))[:150]
            raise ArchcalcError(f"it does not fit its inputs {self.described(given)} ({why})") from None
        return dict(found)

    def described(self, names: list[str]) -> str:
        return listing([describe(self.plain(name)) or "a number" for name in names[:5]])

    def output(self, node: Any, name: str, inferred: Any, depends: list[str]) -> None:
        stated, found = self.stated.get(name), _sizes(inferred)
        if found and stated and any(a and b and a != b for a, b in zip(found, stated, strict=False)):
            says, gives = (" x ".join(str(size or "?") for size in one) for one in (stated, found))
            raise ArchcalcError(f"its output is {gives}, and the file states {says}")
        best = stated if found is None or None in found else found
        if best is None or None in best:
            raise ArchcalcError("the sizes of its output are not known")
        sizes = tuple(size or 0 for size in best)
        if min(sizes, default=0) < 0:
            raise ArchcalcError(f"its output has a size that there cannot be: {describe(sizes)}")
        self.enter(name, inferred.tensor_type.elem_type if inferred else 1, sizes)
        if depends and 0 not in sizes:  # what is empty is the same for every input
            x = max(depends, key=lambda one: len(self.plain(one)))
            self.batch[name] = self.followed(node, x, sizes)

    def followed(self, node: Any, x: str, after: Shape) -> int:
        """Where the batch of an input stands in the output: the axis before which it is."""
        before, at = self.plain(x), self.batch[x]
        given = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type == "Transpose":
            order = [*given["perm"].ints] if "perm" in given else [*reversed(range(len(before)))]
            return order.index(at)
        if node.op_type in SAME_ORDER:
            if prod(before) != prod(after):
                raise ArchcalcError(f"{describe(before)} cannot be reshaped to {describe(after)}")
            return _same_elements_before(prod(before[:at]), after)
        if node.op_type == "Gather" and x != node.input[0]:
            return at
        if node.op_type == "Gather" and len(after) < len(before):
            axis = given["axis"].i if "axis" in given else 0
            return at - (axis % len(before) < at)
        if node.op_type.startswith("Reduce") and len(after) < len(before):
            axes = self.elements[node.input[1]] if len(node.input) > 1 else given["axes"].ints
            return at - sum(int(axis) % len(before) < at for axis in axes)
        return max(at + len(after) - len(before), 0)

    def fold(self, node: Any, given: list[str]) -> None:
        """Compute the outputs, if they do not depend on the input and are small."""
        by_type = BY_TYPE.get(node.op_type)
        inputs = {}
        for place, name in enumerate(given):
            if place == by_type:
                inputs[name] = self.empty(name)
            elif name in self.elements:
                inputs[name] = self.elements[name]
            else:
                return
        outputs = [name for name in node.output if name]
        if any(name not in self.types or prod(self.plain(name)) > LARGEST for name in outputs):
            return
        import numpy as np

        with np.errstate(all="ignore"), catch_warnings():
            simplefilter("ignore")
            try:
                outcome = self.evaluator(node, opsets=self.versions).run(None, inputs)
            except Exception:  # what it cannot compute is a constant like others
                return
        for name, value in zip(outputs, outcome, strict=True):
            found = np.asarray(value)
            if found.size > 1 and (found == found.flat[0]).all():
                found = np.broadcast_to(found.flat[0], found.shape)  # without memory
            if found.size <= MOST_KEPT or not any(found.strides):
                self.elements[name] = found
            self.batch.pop(name, None)

    def empty(self, name: str) -> Any:
        """An array of these sizes without memory."""
        import numpy as np

        dtype = self.onnx.helper.tensor_dtype_to_np_dtype(self.types[name].tensor_type.elem_type)
        return np.broadcast_to(np.zeros((), dtype), self.plain(name))


def unsafe(node: Any, rank: int) -> str:
    """Why ONNX's compiled inference must not see an operator: it would end the program, or never end itself."""
    given = {attribute.name: attribute for attribute in node.attribute}
    if "axis" in given and not -rank - 1 <= given["axis"].i <= rank:
        return f"there is no axis {given['axis'].i} of {rank}"
    if "batch_dims" in given and not 0 <= given["batch_dims"].i < max(rank, 1):
        return f"its batch_dims are {given['batch_dims'].i} of {rank} axes"
    if "num_outputs" in given and given["num_outputs"].i != len(node.output):
        return f"it has {len(node.output)} outputs, and num_outputs is {given['num_outputs'].i}"
    if "equation" in given and not EQUATION.fullmatch(given["equation"].s.replace(b" ", b"")):
        return "its equation is not one of letters"
    return ""


def _same_elements_before(count: int, sizes: Shape) -> int:
    """The axis before which this many elements stand, one of size 1 if there is one; else the axis that they end in."""
    places = [at for at in range(len(sizes)) if prod(sizes[:at]) == count]
    ones = [at for at in places if sizes[at] == 1]
    inside = max((at for at in range(len(sizes)) if prod(sizes[:at]) <= count), default=0)
    return (ones or places or [inside])[0]


def _sizes(type_: Any) -> tuple[int | None, ...] | None:
    """The sizes of a type, None for those that are open; None where it states none."""
    if type_ is None or not type_.tensor_type.HasField("shape"):
        return None
    dims = type_.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in dims)
