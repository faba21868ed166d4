"""Torch modules as specs: each equal to its module in params and in what torch's own counter finds, halved."""

from copy import deepcopy
from fractions import Fraction
from math import isqrt

import pytest
import torch
from console import check_mistake, run
from laws.common import examples
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.importers.importing import equal
from archcalc.importers.nesting import Nesting, numbers
from archcalc.importers.sizes import Measured, expression
from archcalc.importers.torch.graph import read
from archcalc.verify.module import Function


class Residual(nn.Module):
    def __init__(self, width, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(width, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(nn.Conv2d(width, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.plain = stride == 1 and width == out

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.plain else self.downsample(x)
        return self.relu(y)


class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.pool, self.reduce, self.expand = nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.expand(torch.relu(self.reduce(self.pool(x)))))


class Branches(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.left = nn.Conv2d(width, 8, 1)
        self.right = nn.Sequential(nn.Conv2d(width, 4, 1), nn.ReLU(), nn.Conv2d(4, 8, 3, padding=1, groups=2))

    def forward(self, x):
        return torch.cat([self.left(x), self.right(x), nn.functional.max_pool2d(x, 3, 1, 1)], 1)


class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        x = torch.cat([a, self.conv(b)], 1)
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class Tokens(nn.Module):
    def __init__(self, fixed=True):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 16, 8, 8), nn.Parameter(torch.zeros(1, 1, 16))
        self.positions = nn.Parameter(torch.zeros(1, 17, 16)) if fixed else 0
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
        self.layers, self.head = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False), nn.Linear(16, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        return self.head(self.layers(x)[:, 0])


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.mix, self.head = nn.Embedding(50, 12), nn.Linear(12, 12), nn.Linear(12, 50, bias=False)
        self.head.weight = self.table.weight

    def forward(self, x):
        return self.head(self.mix(self.table(x)).tanh())


class Odd(nn.Module):
    """It has an operator that nobody has counted."""

    def __init__(self):
        super().__init__()
        self.weight, self.fc = nn.Parameter(torch.zeros(3, 5)), nn.Linear(12, 2)

    def forward(self, x):
        return self.fc(torch.cdist(x, self.weight.expand(len(x), 3, 5)).flatten(1))


class Distances(nn.Module):
    def forward(self, x):
        return torch.cdist(x, x)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.unused = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(7, 3)

    def forward(self, x):
        return self.conv(self.conv(x))


class Undecided(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x


class Rotated(nn.Module):
    """It turns its tokens by angles that it computes, without gradients, and has a prefix of no tokens."""

    def __init__(self):
        super().__init__()
        self.patches, self.mix = nn.Conv2d(3, 8, 8, 8), nn.Linear(8, 8)
        self.register_buffer("frequencies", torch.ones(8, 1))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        with torch.no_grad():
            angles = (self.frequencies @ torch.ones(1, x.shape[1], device=x.device)).t()
        x = torch.cat([x[:, :0], self.mix(x).type_as(x) * angles.sin() + x * angles.cos()], 1)
        return x.mean(1)


class Mixed(nn.Module):
    """A mistake that people make: it attends to the other examples of its batch."""

    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(7, 4), nn.Linear(7, 4)

    def forward(self, x):
        return torch.softmax(self.query(x) @ self.key(x).t(), -1) @ x


class Again(nn.Module):
    """One block used four times, and others with its name."""

    def __init__(self):
        super().__init__()
        self.block, self.more_1, self.more_2, self.more_3 = Residual(3, 3), Gate(3), Gate(3), Residual(3, 3)
        self.more_4 = Residual(3, 3)

    def forward(self, x):
        for part in (self.block, self.block, self.block, self.more_1, self.more_2, self.more_3, self.more_4):
            x = part(x)
        return self.block(x)


class Dense(nn.Module):
    """Each of its layers takes the outputs of all before it."""

    def __init__(self):
        super().__init__()
        self.stem, self.layers = nn.Conv2d(3, 8, 1), nn.Sequential()
        for i in range(5):
            layer = nn.Sequential(nn.BatchNorm2d(8 + 4 * i), nn.ReLU(), nn.Conv2d(8 + 4 * i, 4, 3, padding=1))
            self.layers.add_module(f"layer{i + 1}", layer)

    def forward(self, x):
        found = [self.stem(x)]
        for layer in self.layers:
            found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1)


class Sized(nn.Module):
    """The sizes of its input stand in its code, and in one stage they are others than in the next."""

    def __init__(self):
        super().__init__()
        self.stages = nn.Sequential(*(self.Stage(a, b) for a, b in ((3, 8), (8, 8), (8, 4))))

    class Stage(nn.Module):
        def __init__(self, width, out):
            super().__init__()
            self.conv, self.mix = nn.Conv2d(width, out, 2, 2), nn.Linear(out, out)

        def forward(self, x):
            x = self.conv(x)
            n, c, h, w = x.shape
            tokens = x.reshape(n, c, h * w).transpose(1, 2)
            tokens = self.mix(tokens + torch.linspace(0, 1, h * w, device=x.device)[:, None])
            weights = torch.softmax(tokens @ tokens.transpose(1, 2), -1).reshape(n, 1, h * w, h * w)
            tokens = weights[:, 0].cumsum(-1) @ tokens
            return tokens.transpose(1, 2).reshape(n, c, h, w)

    def forward(self, x):
        return nn.functional.interpolate(self.stages(x), size=x.shape[2:], mode="bilinear")


class Fickle(nn.Module):
    def forward(self, x):
        return x.reshape(len(x), 3, -1)[:, :, : min(70 * 70, x.shape[2] * x.shape[3])].cumsum(1)


class Squares(nn.Module):
    """It makes a square map of 33 + 16 and of 65 + 16 columns, and no other."""

    def forward(self, x):
        x = nn.functional.pad(x, (0, 16))[:, :, 0]
        side = isqrt(x.shape[2])
        return x.reshape(len(x), 3, *((side, side) if side**2 == x.shape[2] else (1, -1)))


class Scaled(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.conv, self.factor = nn.Conv2d(3, 3, 1), factor

    def forward(self, x):
        return self.conv(x) * self.factor


class Tree(nn.Module):
    """Inside `right`, its own `left` hides the one outside."""

    def __init__(self, inner=None):
        super().__init__()
        self.left, self.right = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU()), inner or nn.Conv2d(3, 3, 1)

    def forward(self, x, before=()):
        y = self.left(x)
        return self.right(y.tanh(), (y,)) if isinstance(self.right, Tree) else torch.cat([self.right(y), y, *before], 1)


def residual():
    stages = [nn.Sequential(Residual(a, b, s), *(Residual(b, b) for _ in range(2))) for a, b, s in
              [(8, 8, 1), (8, 16, 2), (16, 32, 2)]]  # fmt: skip
    return nn.Sequential(nn.Conv2d(3, 8, 3), *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


IMAGE = (3, 32, 32)
MODULES = {
    "residual": (residual, IMAGE, "float32"),
    "gates": (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), Gate(8), nn.Conv2d(8, 12, 3, 2), Gate(12)), IMAGE, "float32"),
    "branches": (lambda: nn.Sequential(Branches(3), Branches(19), nn.Dropout(0.2)), IMAGE, "float32"),
    "shuffle": (lambda: nn.Sequential(nn.Conv2d(3, 8, 1), Shuffle(), Shuffle()), IMAGE, "float32"),
    "tokens": (Tokens, IMAGE, "float32"),
    "text": (Text, (9,), "int64"),
    "odd": (Odd, (4, 5), "float32"),
    "twice": (Twice, IMAGE, "float32"),
    "rotated": (Rotated, IMAGE, "float32"),
    "mixed": (Mixed, (7,), "float32"),
    "tree": (lambda: Tree(Tree()), IMAGE, "float32"),
    "again": (Again, IMAGE, "float32"),
    "dense": (Dense, IMAGE, "float32"),
    "sized": (Sized, IMAGE, "float32"),
    "wide": (Sized, (3, 32, 48), "float32"),
    "up": (
        lambda: nn.Sequential(nn.ConvTranspose2d(3, 4, 2, 2), nn.Upsample(scale_factor=2), nn.GroupNorm(2, 4)),
        IMAGE,
        "float32",
    ),
    "volume": (lambda: nn.Sequential(nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), nn.MaxPool3d(2)), (2, 8, 9, 10), "float32"),
    "features": (lambda: nn.Sequential(nn.Linear(7, 5), nn.LayerNorm(5), nn.GELU(), nn.Linear(5, 2)), (7,), "float32"),
}


def counted(module, shape, dtype="float32"):
    """The parameters that the forward uses, and half of what torch counts for one example."""
    copied = deepcopy(module).to("meta").eval()  # on a CPU the counter misses attention
    with FlopCounterMode(display=False) as counter:
        found = copied(torch.zeros(1, *shape, dtype=getattr(torch, dtype), device="meta"))
    found = found[0] if isinstance(found, tuple) else found
    if found.requires_grad:
        found.sum().backward()
    passed = {name for name, p in copied.named_parameters(remove_duplicate=False) if p.grad is not None}
    used = sum(p.numel() for name, p in module.named_parameters() if name in passed)
    return used, counter.get_total_flops() // 2


@pytest.mark.parametrize("name", MODULES)
def test_an_import_is_equal_to_its_module(name, tmp_path):
    make, shape, dtype = MODULES[name]
    module = make()
    params, mult_adds = counted(module, shape, dtype)
    network = archcalc.from_torch(module, shape, dtype=dtype)
    file = tmp_path / "imported.yaml"
    file.write_text(network.text)
    for report in (network.summary(), archcalc.load(file).summary()):
        assert report.totals.params == params
        assert report.totals.mult_adds == (None if name == "odd" else mult_adds)


@pytest.mark.parametrize("name", MODULES)
def test_every_layer_stands_for_one_operation(name):
    make, shape, dtype = MODULES[name]
    found = read(make(), shape, dtype)
    entries = Nesting(found.operations).entries()
    assert sorted(numbers(entries)) == [*range(len(found.operations))]
    spec = archcalc.from_torch(make(), shape, dtype=dtype).spec
    assert equal(spec, found.operations, [*numbers(entries)], {})


@pytest.mark.parametrize("field", ["inputs", "layer", "shape", "shared"])
def test_a_layer_that_stands_for_another_operation_is_seen(field):
    found = read(Twice(), IMAGE)
    spec = archcalc.from_torch(Twice(), IMAGE).spec
    first, second = found.operations
    changes = {"inputs": (-1,), "layer": first.layer.with_arguments({"pad": 2}), "shape": (3, 9, 9), "shared": None}
    assert equal(spec, found.operations, [0, 1], {})
    assert not equal(spec, [first, second._replace(**{field: changes[field]})], [0, 1], {})


@pytest.mark.parametrize("example", [e for e in examples() if len(e.shapes) == 1], ids=str)
def test_the_module_of_every_kind_is_read_as_what_it_costs(example):
    """Each kind of layer that torch has, there and back; an unknown operator is never counted as 0."""
    layer, (shape,) = example.layer, example.shapes
    if layer.label in ("opaque", "parameter", "embedding", "rbf"):
        pytest.skip("its module is not of floats, or holds what is not learned")
    made = layer.module(torch, shape)
    module = made if isinstance(made, nn.Module) else Function(made, "")
    report = archcalc.from_torch(module, shape).summary()
    assert report.totals.params == layer.learned(shape)
    assert report.totals.mult_adds in (None, counted(module, shape)[1])
    if layer.times() == 1:
        assert report.layers[-1].output == layer.shape(shape)


SIZED = [name for name, (_, shape, _) in MODULES.items() if shape == IMAGE and name != "tokens"]


@pytest.mark.parametrize("name", SIZED)
def test_the_size_is_a_knob_where_the_module_has_none(name):
    module = MODULES[name][0]()
    network = archcalc.from_torch(module, IMAGE)
    if "resolution" not in network.knobs:
        assert "The size of the input is fixed: " in network.spec.headings["about"]
        return
    params, mult_adds = counted(module, (3, 80, 80))
    assert network.summary(resolution=80).totals.params == params
    assert network.summary(resolution=80).totals.mult_adds == mult_adds


def test_a_network_that_joins_examples_says_so():
    about = archcalc.from_torch(Mixed(), (7,)).spec.headings["about"]
    assert about.startswith("The network joins the examples of a batch, in matmul in the network; a batch of one is")


def test_a_hidden_entry_has_another_name():
    assert "from: [-1, left, left_]" in archcalc.from_torch(Tree(Tree()), IMAGE).text


def test_a_block_that_is_used_twice_shares_its_weights():
    text = archcalc.from_torch(Again(), IMAGE).text
    assert text.count("share: block") == 2
    assert len(text.splitlines()) < 50


def test_a_dense_block_is_one_layer_that_repeats():
    text = archcalc.from_torch(Dense(), IMAGE).text
    assert "repeat: 5" in text
    assert text.count("conv(4, 3, pad=1)") == 1


def test_most_sizes_are_knobs():
    assert [n for n in SIZED if "resolution" in archcalc.from_torch(MODULES[n][0](), IMAGE).knobs] == [
        "residual", "gates", "branches", "shuffle", "twice", "rotated", "tree", "again", "dense", "sized", "up"
    ]  # fmt: skip


def test_a_size_that_two_sizes_do_not_tell_is_fixed():
    for module, size in ((Fickle(), 32), (Squares(), 33)):
        about = archcalc.from_torch(module, (3, size, size)).spec.headings["about"]
        assert f"the layers at 3 x {size + 64} x {size + 64} are others than the network's" in about


@pytest.mark.parametrize("sizes", [(4, 20), (9, 16), (16, 49), (196, 64)])
@pytest.mark.parametrize(
    "text", ["rows", "rows*columns", "sqrt(rows)", "3*rows", "columns/4", "rows+1", "rows*rows*columns/8", "7*rows/4"]
)
def test_an_expression_gives_the_number_at_other_sizes(text, sizes):
    def at(scale):
        own = {"channels": 5, "rows": sizes[0] * scale**2, "columns": sizes[1] * scale}
        return Measured(value(text, own), own, {})

    found = expression([(at(4), at(8))])
    assert value(found, at(20).own) == at(20).value, found


def value(text, sizes):
    known = {word: Fraction(size) for word, size in sizes.items()}
    return int(eval(text, {"sqrt": lambda size: isqrt(int(size))}, known))


def test_a_table_of_positions_fixes_the_size():
    network = archcalc.from_torch(Tokens(), IMAGE)
    assert not network.knobs
    assert "the network refuses 3 x 64 x 64" in network.spec.headings["about"]


def test_equal_modules_are_blocks_and_consecutive_ones_are_repeated():
    text = archcalc.from_torch(residual(), IMAGE).text
    assert "  residual_downsample(out):\n" in text
    assert "      - residual:\n        repeat: 2\n" in text
    assert len(text.splitlines()) < 60


def test_modules_that_differ_in_a_fraction_are_one_block():
    text = archcalc.from_torch(nn.Sequential(Scaled(0.5), Scaled(0.3), Scaled(0.7)), IMAGE).text
    assert text.count("conv(3, 1)") == text.count("scale(factor)") == 1


def test_names_that_are_words_of_the_language_are_told_apart():
    module = nn.Sequential()
    for name in ("repeat", "from", "relu", "1", "conv"):
        module.add_module(name, nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU()))
    names = [row.name for row in archcalc.from_torch(module, IMAGE).summary().layers]
    assert names[::2] == ["repeat_/conv", "from_/conv", "relu/conv", "sequential/conv", "conv/conv"]


def test_many_unknown_operators_are_named_in_short():
    module = nn.Sequential(*(Distances() for _ in range(9)))
    about = archcalc.from_torch(module, (4, 5)).spec.headings["about"]
    assert about.startswith("The mult-adds of cdist in 0, cdist in 1, cdist in 2, cdist in 3, cdist in 4 and 4 more")


def test_weights_that_are_used_twice_are_counted_once():
    assert "share: conv1" in archcalc.from_torch(Twice(), IMAGE).text
    assert (
        "24 parameters of the module, which its forward does not use, are left out"
        in archcalc.from_torch(Twice(), IMAGE).spec.headings["about"]
    )


def test_an_unknown_operator_is_named_and_not_counted_as_0():
    network = archcalc.from_torch(Odd(), (4, 5))
    assert "The mult-adds of cdist in the network are not known" in network.spec.headings["about"]
    assert network.summary().totals.mult_adds is None
    assert network.summary().totals.params == 3 * 5 + 12 * 2 + 2


def test_the_module_is_left_as_it_was():
    module = residual()
    module[1].eval()
    before = {name: part.training for name, part in module.named_modules()}
    archcalc.from_torch(module, IMAGE)
    assert {name: part.training for name, part in module.named_modules()} == before
    assert {p.device.type for p in module.parameters()} == {"cpu"}


def test_the_command_writes_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_net.py").write_text("from torch import nn\ndef small(): return nn.Sequential(nn.Conv2d(3, 4, 3))\n")
    result = run("import my_net:small --input 3,8,8 -o small.yaml")
    assert result.exit_code == 0, result.output
    totals = archcalc.load(tmp_path / "small.yaml").summary().totals
    assert (totals.params, totals.mult_adds) == (4 * 3 * 9 + 4, 4 * 27 * 36)
    assert run("import my_net:small --input 3,8,8").stdout == (tmp_path / "small.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nowhere_at_all:net", "nowhere_at_all:net: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("torch.nn:Nothing", "torch.nn:Nothing: AttributeError: module 'torch.nn' has no attribute 'Nothing'"),
        ("torch.nn", "'torch.nn' does not name a module; write torchvision.models:resnet50, MODULE:CALLABLE"),
        ("builtins:dict", "builtins:dict: it gives dict, which is no torch module"),
        ("torch.nn:Flatten --input 3,x", "--input 3,x: the sizes of one example, such as 3,224,224"),
        ("test_import_torch:Undecided", "Undecided cannot be read: what it does depends on the numbers in its"),
        ("test_import_torch:Text", "Text cannot be read: its forward fails for an input of 3 x 224 x 224"),
        ("torch.nn:Identity", "nothing in the network depends on its input, so there is nothing to import"),
    ],
)
def test_a_mistake_is_one_message(words, message, tmp_path):
    check_mistake(f"import {words} -o net.yaml", message, tmp_path)
