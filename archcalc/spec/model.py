"""A spec as its author wrote it, with all names resolved and nothing evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Refusal, Source, listing
from archcalc.core.layer import Kind
from archcalc.core.number import fails
from archcalc.core.value import brief, exact, show
from archcalc.spec.arithmetic import LARGEST_BITS, is_too_large
from archcalc.spec.expression import Call, constant
from archcalc.spec.paper_names import PaperName
from archcalc.spec.syntax import Definition, Expression
from archcalc.spec.text import Scalar

SHAPE_WORDS = ("channels", "rows", "columns")  # the sizes of the input, wherever a layer is written
MANY = "..."  # after a name: all entries that have it
INDEX = "index"  # the number of the repetition, from 1
TRUTH = ("true", "yes", "on", "1"), ("false", "no", "off", "0")  # true and false, each with its other spellings
ONE = "it must be one number here; summary() also takes arrays and symbols, and sweep() lists and ranges"


Lets = dict[str, Expression | Definition]


class Knob(NamedTuple):
    """A parameter of the network that the user can set: a number or a word."""

    name: str
    default: Any
    minimum: Any = None
    maximum: Any = None
    choices: tuple[Any, ...] = ()
    help: str = ""

    def accept(self, value: Any, *, single: bool = True) -> Any:
        """The exact value; with ``single`` no array and no symbol. Raises Refusal for a value that is not allowed."""
        try:
            found = str(value) if isinstance(value, str) else exact(value)
        except (TypeError, ValueError, OverflowError) as error:
            finite = error if isinstance(error, TypeError) else "it must be a finite number without too many digits"
            raise Refusal(f"{self.name} = {brief(value)}; {self._one_of() or finite}") from None
        if single and not isinstance(found, (int, Fraction, str)):
            raise Refusal(f"{self.name} = {brief(value)}; {self._one_of() or ONE}")
        return self._within(found)

    def _one_of(self) -> str:
        return f"it must be one of {listing(map(show, self.choices))}" if self.choices else ""

    def _within(self, value: Any) -> Any:
        if is_too_large(value):
            raise Refusal(f"{self.name} must be a number of at most {LARGEST_BITS} bits")
        if self.choices:
            if not any(type(value) is type(choice) and value == choice for choice in self.choices):
                raise Refusal(f"{self.name} = {brief(value)}; {self._one_of()}")
        elif isinstance(value, bool):
            raise Refusal(f"{self.name} = {brief(value)}; it must be a number")
        elif isinstance(value, str):
            raise Refusal(f"{self.name} = {brief(repr(value))}; it must be a number, not a text")
        elif self.minimum is not None and fails(value >= self.minimum):
            raise Refusal(f"{self.name} = {brief(value)}; it must be at least {show(self.minimum)}")
        elif self.maximum is not None and fails(value <= self.maximum):
            raise Refusal(f"{self.name} = {brief(value)}; it must be at most {show(self.maximum)}")
        return value

    def read(self, text: str) -> Any:
        """The value from a text, as on the command line. Raises Refusal."""
        if {*map(type, self.choices)} == {bool}:
            text = next((words[0] for words in TRUTH if text.lower() in words), text)
        try:
            value = text if text in self.choices else read_value(text.strip())
        except Refusal as refusal:
            raise Refusal(f"{self.name} = {brief(repr(text))}; {refusal}") from None
        return self.accept(value)


class Size(NamedTuple):
    """A size of another entry that an expression reads."""

    entry: Scalar  # its name
    axis: int

    @property
    def name(self) -> str:
        """The name as it is written in the expression."""
        return f"{self.entry.text}.{SHAPE_WORDS[self.axis]}"


class Input(NamedTuple):
    """A word after `from`: the name of an earlier entry, a number counted back like -1, or one or all of several."""

    text: str  # as it is written: stem, units[index], units...
    place: Place
    number: Expression | None = None  # of the one meant, of several

    @property
    def name(self) -> Scalar:
        """The name of the entry; of several, their common name."""
        return Scalar(self.text.partition("[")[0].removesuffix(MANY), self.place)

    @property
    def several(self) -> bool:
        """Whether it means all of several."""
        return self.text.endswith(MANY)


class Item(NamedTuple):
    """One entry of a sequence: a call, a named group, or a join of branches."""

    base: str  # its name, without a number
    named: bool
    place: Place
    numbered: bool = False  # other entries of its list have that name, or it is repeated
    callee: Block | type[Kind] | None = None
    call: Call | None = None  # its call, with the arguments
    body: tuple[Item, ...] | None = None
    branches: dict[str, tuple[Item, ...]] | None = None
    repeat: Expression | None = None
    when: Expression | None = None
    otherwise: tuple[Item, ...] = ()
    sources: tuple[Input, ...] = ()  # what stands after "from"
    share: Scalar | None = None  # the earlier layer or block whose weights this one uses
    sizes: tuple[Size, ...] = ()  # of other entries, which its own expressions read

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Its own expressions, without those of the entries inside it."""
        beside = [self.repeat, self.when, *(source.number for source in self.sources)]
        return (*filter(None, beside), *(self.call.values if self.call else ()))


class Block(NamedTuple):
    """A function from arguments to a list of layers."""

    name: str
    parameters: dict[str, Expression | None]
    inputs: tuple[str, ...]  # the names of its inputs, where it takes several; "maps..." alone: any number of them
    lets: Lets  # its own definitions, which see its arguments and the sizes of its input
    body: tuple[Item, ...]
    home: Part
    place: Place

    @property
    def many(self) -> bool:
        """Whether it takes any number of inputs."""
        return "".join(self.inputs).endswith(MANY)


class Part(NamedTuple):
    """What a file's blocks and layers can see: its knobs, its definitions, the blocks above."""

    given: dict[str, Knob]
    lets: Lets
    blocks: dict[str, Block]
    source: Source
    used: dict[str, Part]  # the files of blocks that it uses
    places: dict[str, Place]  # of the names of its knobs and definitions


class Variant(NamedTuple):
    """A member of a family: what it overrides."""

    headings: dict[str, str]
    settings: dict[str, Any]  # knobs
    input: Expression | None
    layers: tuple[Item, ...] | None


class Spec(NamedTuple):
    """A network, or a family of them."""

    name: str
    headings: dict[str, str]  # net, family, kind, source ...
    part: Part
    input: Expression
    layers: tuple[Item, ...]
    variants: dict[str, Variant]
    paper_names: tuple[PaperName, ...] = ()  # of its layers, the first that fits

    @property
    def given(self) -> dict[str, Knob]:
        return self.part.given

    def variant(self, name: str) -> Spec:
        """The member of the family with that name."""
        variant = self.variants[name]
        given = {k: knob._replace(default=variant.settings.get(k, knob.default)) for k, knob in self.given.items()}
        return self._replace(
            name=name,
            headings={**self.headings, **variant.headings},
            part=self.part._replace(given=given),
            input=variant.input or self.input,
            layers=self.layers if variant.layers is None else variant.layers,
        )

    def trimmed(self) -> Spec:
        """The spec without the knobs and definitions that it does not use."""
        used = names_used(self)
        given = {name: knob for name, knob in self.given.items() if name in used}
        lets = {name: let for name, let in self.part.lets.items() if name in used}  # the others may read other knobs
        return self._replace(part=self.part._replace(given=given, lets=lets))


def entries(items: Iterable[Item]) -> Iterator[Item]:
    """Every entry of a list, and of the lists in it."""
    for item in items:
        yield item
        for inner in (item.body or (), *(item.branches or {}).values(), item.otherwise):
            yield from entries(inner)


def blocks_used(items: Iterable[Item]) -> dict[int, Block]:
    """The blocks that a list of layers calls, directly or through other blocks: id -> block."""
    found: dict[int, Block] = {}
    waiting = [items]
    while waiting:
        for item in entries(waiting.pop()):
            if isinstance(item.callee, Block) and id(item.callee) not in found:
                found[id(item.callee)] = item.callee
                waiting.append(item.callee.body)
    return found


def names_used(spec: Spec) -> set[str]:
    """Every symbol that the input and the layers read, directly or through blocks and definitions."""
    return names_read(spec.part, blocks_used(spec.layers).values(), [spec.input], spec.layers)


def names_read(
    part: Part, called: Iterable[Block], expressions: Iterable[Expression] = (), layers: Iterable[Item] = ()
) -> set[str]:
    """Every symbol of a file that these expressions, layers and, of these blocks, the file's own read."""
    own = [block for block in called if block.home.blocks is part.blocks]  # blocks of other files cannot read its names
    defaults = [default for block in own for default in block.parameters.values()]
    names = {name for expression in (*expressions, *defaults) if expression for name, _ in expression.names}
    return _through(names.union(symbols(layers), *map(read_in, own)), part.lets)


def read_in(block: Block) -> set[str]:
    """Every symbol that a block reads, including its arguments and definitions."""
    return _through(symbols(block.body), block.lets)


def _through(names: set[str], lets: Lets) -> set[str]:
    """These names, and the names that the definitions among them read."""
    for name, let in reversed(lets.items()):
        body = let.body if isinstance(let, Definition) else let
        names |= {inner for inner, _ in body.names} if name in names else set()
    return names


def symbols(items: Iterable[Item]) -> set[str]:
    """Every symbol that entries read."""
    return {name for item in entries(items) for expression in item.expressions for name, _ in expression.names}


def read_value(text: str, place: Place | None = None) -> Any:
    """A number, true, false or a word. Raises Refusal."""
    return text if text.isidentifier() and text not in ("true", "false") else constant(text, place)
