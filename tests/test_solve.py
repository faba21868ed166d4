"""Budgets: the answers against a search by hand, their neighbours, and what is said where there is none."""

import itertools
import json
import operator
import re
from fractions import Fraction

import numpy
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.core.errors import ArchcalcError, SpecError
from archcalc.search.constraint import read_constraints
from archcalc.search.solve import task
from archcalc.sweeps import estimate
from archcalc.sweeps.evaluate import evaluate

ZIGZAG = """net: Zigzag
about: Its cost rises and falls with the knob.
given:
  n: {default: 3, min: 1, max: 40}
  m: {default: 1, min: 1}
input: [3, 8, 8]
layers:
  - conv(7*n % 31 + 1, 3)
  - conv(m, 1)
"""


@pytest.fixture
def zigzag(tmp_path):
    path = tmp_path / "zigzag.yaml"
    path.write_text(ZIGZAG)
    return archcalc.load(str(path))


def run(*command):
    return CliRunner(env={"COLUMNS": "140"}).invoke(main, [str(word) for word in command])


def mult_adds(network, **knobs):
    return network.summary(**knobs).totals.mult_adds


def by_hand(network, knob, values, meets):
    """The values of a knob at which a network can be built that meets a condition, one by one."""
    found = []
    for value in values:
        try:
            report = network.summary(**{knob: value})
        except SpecError:
            continue
        if meets(report):
            found.append(value)
    return found


@pytest.mark.parametrize(
    ("name", "knob", "where", "values"),
    [
        ("mobilenet_v2", "alpha", "mult_adds <= 100M", [Fraction(i, 100) for i in range(40, 61)]),
        ("densenet121", "k", "params < 4.2M", range(15, 30)),
        ("mobilenet_v2", "resolution", "inference_bytes <= 16MiB", range(80, 140, 4)),
        ("efficientnet_b0", "phi", "mult_adds <= 2G", range(9)),
        ("densenet121", "n3", "params <= 10M", range(20, 50)),
        ("mobilenet_v1", "rho", "rows of body5 <= 7", [Fraction(i, 100) for i in range(40, 121)]),
    ],
)
def test_the_largest_that_meets_a_budget(name, knob, where, values):
    network = archcalc.load(name)
    (limit,) = read_constraints([where])
    met = by_hand(network, knob, values, lambda report: limit.met(limit.quantity.of(report)))
    assert 0 < len(met) < len(values)
    solution = network.solve(where, free={knob: values})
    assert solution.best.knobs == {knob: max(met)}
    assert solution.best.meets
    assert solution.best.figures[str(limit.quantity)] == limit.quantity.of(network.summary(**{knob: max(met)}))
    (beyond,) = solution.beyond
    assert beyond.knobs[knob] == values[list(values).index(max(met)) + 1]
    assert beyond.broken == (where,)


def test_the_smallest_that_has_enough():
    network = archcalc.load("mobilenet_v2")
    values = [Fraction(i, 100) for i in range(60, 91)]
    met = by_hand(network, "alpha", values, lambda report: report.totals.params >= 3 * 10**6)
    solution = network.solve("params >= 3M", free={"alpha": values})
    assert solution.best.knobs == {"alpha": min(met)}
    assert not solution.beyond[0].meets
    assert network.solve("params >= 3M", free={"alpha": values}, want="largest").best.knobs == {"alpha": values[-1]}


def test_a_free_knob_takes_all_that_it_may():
    """In hundredths of what is no whole number."""
    solution = archcalc.load("mobilenet_v2").solve("params >= 3M", free="alpha", want="largest")
    assert list(solution.search.axes["alpha"]) == [Fraction(i, 100) for i in range(4, 401)]
    assert solution.best.knobs == {"alpha": 4}


def test_costs_need_not_be_monotone(zigzag):
    """A bisection would stop at the first value that is too dear."""
    met = by_hand(zigzag, "n", range(1, 41), lambda report: report.totals.params <= 300)
    assert any(n + 1 not in met and n < max(met) for n in met)
    solution = zigzag.solve("params <= 300", free="n")
    assert solution.best.knobs == {"n": max(met)}
    assert solution.meeting == len(met)
    assert zigzag.solve("params <= 300", free="n", want="smallest").best.knobs == {"n": min(met)}


def test_several_knobs_come_nearest_to_the_budget():
    network = archcalc.load("mobilenet_v1")
    alphas, rhos = [Fraction(i, 20) for i in range(5, 21)], [Fraction(i, 7) for i in range(3, 8)]
    budget = 150 * 10**6
    costs = {(a, r): mult_adds(network, alpha=a, rho=r) for a in alphas for r in rhos}
    best = max(cost for cost in costs.values() if cost <= budget)
    solution = network.solve("mult_adds <= 150M", free={"alpha": "0.25:1:0.05", "rho": "96/224:1:32/224"})
    assert solution.best.figures["mult_adds"] == best
    assert solution.beyond
    assert {found.broken for found in solution.beyond} == {("mult_adds <= 150M",)}
    for found in solution.curve(rows=100):
        alpha, rho = found.knobs.values()
        assert rho == max(r for r in rhos if costs[alpha, r] <= budget)
    assert {found.knobs["alpha"] for found in solution.curve(rows=100)} == set(alphas)
    widest = network.solve("mult_adds <= 150M", free={"alpha": alphas, "rho": rhos}, want="largest alpha")
    assert widest.best.knobs["alpha"] == max(a for (a, _), cost in costs.items() if cost <= budget)


def test_the_curve_is_written_column_by_column():
    network, free = archcalc.load("mobilenet_v1"), {"alpha": "0.25:1:0.25", "rho": "96/224:1:32/224"}
    where = ("mult_adds <= 150M", "weight_bytes <= 12MiB")
    words = ",".join(f"{knob}={values}" for knob, values in free.items())
    asked = [word for text in where for word in ("--where", text)]
    _, curve = json.loads(run("solve", "mobilenet_v1", "--free", words, *asked, "--format", "json").output)
    expected = network.solve(*where, free=free).curve()
    assert len(curve["rows"]) == len(expected) == 3
    for row, found in zip(curve["rows"], expected, strict=True):
        report = network.summary(**found.knobs)
        figures = {"rows of input": report.input[1], "mult_adds": report.totals.mult_adds,
                   "params": report.totals.params, "weight_bytes": 4 * report.totals.params}  # fmt: skip
        knobs = {name: Fraction(str(row.pop(name))) for name in free}
        assert knobs == found.knobs
        assert row.pop("used") == figures["mult_adds"] / (150 * 10**6)
        assert row == figures


def test_words_and_other_knobs():
    network = archcalc.load("conv_mobilenet")
    solution = network.solve("mult_adds <= 3G", free="convolution,alpha", want="largest alpha")
    alpha = solution.best.knobs["alpha"]
    assert solution.best.knobs["convolution"] == "separable"
    below, above = (mult_adds(network, convolution="separable", alpha=alpha + step) for step in (0, Fraction(1, 100)))
    assert below <= 3 * 10**9 < above
    assert network.solve("params <= 4M", free="alpha", classes=10, convolution="separable").best.meets


@pytest.mark.parametrize(
    ("text", "bound"),
    [("100M", 10**8), ("4.2M", 4_200_000), ("1_000", 1000), ("2,500", 2500), ("1.5e9", 1_500_000_000), ("3k", 3000),
     ("2G", 2 * 10**9), ("0.1", Fraction(1, 10))],
)  # fmt: skip
def test_numbers_with_units(text, bound):
    (limit,) = read_constraints([f"mult_adds<={text}"])
    assert (str(limit.quantity), limit.relation, limit.bound) == ("mult_adds", "<=", bound)


@pytest.mark.parametrize(
    ("text", "bound"), [("16MiB", 16 * 2**20), ("16 MB", 16 * 10**6), ("1GiB", 2**30), ("5kB", 5000)]
)
def test_bytes_with_units(text, bound):
    assert read_constraints([f"weight_bytes < {text}"])[0].bound == bound


MEANING = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
ODD = f"{2**53 + 1}"  # no float holds it


@pytest.mark.parametrize("relation", MEANING)
@pytest.mark.parametrize("bound", ["7", "7.5", "0.1", ODD, f"{2**64 + 1}"])
def test_relations_are_exact(relation, bound):
    """Of whole numbers and of shares, one by one and along arrays, where floats could not tell them from the bound."""
    (limit,) = read_constraints([f"params {relation} {bound}"])
    exact = Fraction(bound)
    values = [exact + step for step in (-1, -Fraction(1, 10**20), 0, Fraction(1, 10**20), 1)]
    whole = [int(value // 1) + i for value in values for i in (0, 1)]
    for numbers in (values, whole):
        expected = [MEANING[relation](number, exact) for number in numbers]
        assert [limit.met(number) for number in numbers] == expected
        assert limit.met(numpy.array(numbers, object)).tolist() == expected
    if exact < 2**63:
        assert limit.met(numpy.array(whole, numpy.int64)).tolist() == expected


def test_a_budget_of_a_share():
    """vgg16's last layer has 4097 parameters for each class, and all others have 134,260,544 together."""
    solution = archcalc.load("vgg16").solve("share of params of top/fc8 <= 0.1", free={"classes": "1:10000"})
    most = max(n for n in range(1, 10001) if 10 * 4097 * n <= 4097 * n + 134_260_544)
    assert solution.best.knobs == {"classes": most}
    assert solution.best.figures["share of params of top/fc8"] == Fraction(4097 * most, 4097 * most + 134_260_544)
    assert solution.beyond[0].broken == ("share of params of top/fc8 <= 0.1",)
    rows = run("solve", "vgg16", "--free", "classes=1:10000", "--where", solution.constraints[0].text).output
    assert re.search(r"answer .* 0\.09999\d\d\.\.\. ", rows)
    assert re.search(r"next step .* 0\.1000\d\d\.\.\. ", rows)


@pytest.fixture
def tenth(tmp_path):
    """A network in which the share of ``a`` is n/10, exactly."""
    path = tmp_path / "tenth.yaml"
    path.write_text(
        "net: Tenth\ngiven:\n  n: {default: 1, min: 1, max: 9}\ninput: [1]\nlayers:\n"
        "  - a: linear(n, bias=false)\n  - b: linear(10 - n, bias=false)\n    from: -2\n"
    )
    return archcalc.load(str(path))


@pytest.mark.parametrize("relation", MEANING)
@pytest.mark.parametrize("bound", range(11))
def test_a_share_that_is_the_bound(relation, bound, tenth):
    where = f"share of params of a {relation} {bound / 10}"
    met = [n for n in range(1, 10) if MEANING[relation](n, bound)]
    if met:
        assert tenth.solve(where, free="n", want="largest n").best.knobs == {"n": max(met)}
        assert tenth.solve(where, free="n", want="smallest n").best.knobs == {"n": min(met)}
        return
    nearest = min(range(1, 10), key=lambda n: abs(n - bound))
    with pytest.raises(ArchcalcError, match=f"nearest is n = {nearest}, with share of params of a = 0.{nearest}$"):
        tenth.solve(where, free="n")


def test_nothing_meets_it_and_the_nearest_miss():
    network = archcalc.load("mobilenet_v1")
    with pytest.raises(
        ArchcalcError, match=r"no point meets mult_adds <= 1M.*nearest is alpha = 0.04, with mult_adds = 1,816,740"
    ):
        network.solve("mult_adds <= 1M and params <= 10M", free="alpha")
    with pytest.raises(ArchcalcError, match="no point meets mult_adds < 100M, params > 4M together"):
        network.solve("mult_adds < 100M", "params > 4M", free="alpha")


@pytest.mark.parametrize(
    "where",
    [
        "params <= 10",
        "params < 30",
        "params >= 10k",
        "params > 5000",
        "params == 301",
        "mult_adds >= 7.5k and params <= 200",
        "mult_adds == 6k and params >= 300",
        "share of conv >= 0.99 and params == 7",
    ],
)
def test_the_nearest_miss_is_the_nearest(where, zigzag):
    """The excess over a bound is measured by the bound; of several constraints the worst counts."""
    limits, grid = read_constraints([where.replace("conv", "conv1")]), {"n": range(1, 41), "m": range(1, 4)}

    def off(knobs):
        report, worst = zigzag.summary(**knobs), []
        for limit in limits:
            over = Fraction(limit.quantity.of(report)) - limit.bound
            worst.append({"<": over, ">": -over, "=": abs(over)}[limit.relation[0]] / abs(limit.bound))
        return max(worst)

    points = [dict(zip(grid, point, strict=True)) for point in itertools.product(*grid.values())]
    best = min(points, key=off)
    with pytest.raises(ArchcalcError, match=f"the nearest is n = {best['n']}, m = {best['m']}, with"):
        zigzag.solve(*(limit.text for limit in limits), free=grid)


def test_the_nearest_miss_where_floats_are_equal(tmp_path):
    path = tmp_path / "wide.yaml"
    path.write_text("net: W\ngiven: {n: 1}\ninput: [1]\nlayers:\n  - linear(2**58 + n % 7, bias=false)\n")
    network = archcalc.load(str(path))
    for where, n in ((f"params >= {2**59}", 6), (f"params <= {2**57}", 7), (f"params == {2**58 + 8}", 6)):
        with pytest.raises(ArchcalcError, match=f"the nearest is n = {n}, with params = {2**58 + n % 7:,}"):
            network.solve(where, free={"n": "1:20"})


@pytest.mark.parametrize("where", ["params <= 900", "mult_adds >= 1", "share of a >= 0.5", "weight_bytes == 4"])
@pytest.mark.parametrize("also", [(), ("rows of b <= 9",)])
def test_what_is_not_known_meets_nothing_and_is_named(where, also, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: N\ngiven: {n: 1}\ninput: [1, 4, 4]\nlayers:\n  - a: conv(n, 1)\n  - b: opaque((n, 4, 4))\n")
    (limit,) = read_constraints([where])
    with pytest.raises(ArchcalcError, match=f"^net: {limit.quantity} is not known at n = 1 or 2$"):
        archcalc.load(str(path)).solve(where, *also, free={"n": [1, 2]})


def test_of_words_none_is_the_largest():
    with pytest.raises(ArchcalcError, match="convolution is one of separable or full, which have no order"):
        archcalc.load("conv_mobilenet").solve("mult_adds <= 3G", free="convolution,alpha", want="largest convolution")


def test_values_may_come_in_any_order():
    for values in ([1, 0.25, 0.5], "1:0.25:-0.25", "0.25:1:0.25"):
        solution = archcalc.load("mobilenet_v1").solve(
            "mult_adds <= 300M", free={"alpha": values}, want="largest alpha"
        )
        assert solution.best.knobs["alpha"] == max(v for v in solution.search.axes["alpha"] if v <= Fraction(1, 2))


# What takes long


def test_a_search_tells_how_far_it_is(zigzag):
    seen = []
    found = task(zigzag, {"n": None, "m": "1:3"}, ["params <= 300"]).solution(seen.append)
    assert sum(seen) == found.search.sweep.points == 120


def test_what_takes_long_is_told_and_what_takes_very_long_must_be_meant(monkeypatch, tmp_path):
    """The same for solve and sweep. A network of another depth is another network, which is walked anew."""
    path = tmp_path / "deep.yaml"
    path.write_text("net: Deep\ngiven: {n: 1}\ninput: [1]\nlayers:\n  - a: linear(1)\n    repeat: n\n")
    answer = run("solve", path, "--free", "n=1:100000", "--where", "params <= 100k")
    assert answer.exit_code == 2
    assert re.fullmatch(r"100,000 points, about .* on one core; narrow the ranges, or add --yes\n", answer.output)
    answer = run("sweep", path, "--n", "1:100000", "--format", "csv")
    assert answer.exit_code == 2
    assert re.fullmatch(r"100,000 points, about .* on one core and .* as csv; narrow .*, or add --yes\n", answer.output)
    solve = ("solve", "lenet5", "--free", "classes=1:300", "--where", "params <= 70k")
    assert run(*solve).stderr == ""
    monkeypatch.setattr(estimate, "SHORT", 0)
    assert re.fullmatch(r"300 points, about .* seconds on one core\n", run(*solve).stderr)
    monkeypatch.setattr(estimate, "LONG", 0)
    assert run(*solve).exit_code == 2
    assert run(*solve, "--yes").exit_code == 0


def test_the_time_is_tried_all_over_the_grid(monkeypatch):
    tried, clock = [], itertools.count()
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: next(clock) / 20)

    def evaluate(spec, axes, box, quantities, advance, at):
        tried.append(axes["n4"][int(box[0][at[0]])])
        advance(1)

    monkeypatch.setattr(estimate, "evaluate", evaluate)
    estimate.speed(archcalc.load("resnet50").sweep(n4="1:800"))
    assert tried == [401, 201, 601, 101]


def test_only_the_part_that_was_asked_for_is_walked():
    sweep, seen = archcalc.load("densenet121").sweep("depth", n4="1:5", k="8:32:8"), []
    chunk = evaluate(sweep.network.spec, sweep.axes, sweep.pieces().box(0), sweep.quantities, seen.append, (2, 1))
    assert seen == [4]
    assert [known.all() for known in chunk.columns["depth"].known] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("--free alhpa --where mult_adds<=1G", "did you mean 'alpha'"),
        ("--free alpha --where mult_adds", "is not a constraint; it is written"),
        ("--free alpha --where mult_adds=1G", "'=' is not a comparison; write '=='"),
        ("--free alpha --where 1G<=2G", "'1G <= 2G' asks nothing of the network"),
        ("--free alpha --where mult_adds<=1X", "no unit 'X'"),
        ("--free alpha --where mult_adds<=1MiB", "bytes can only be compared with bytes"),
        ("--free alpha --where mult_add<=1M", "did you mean 'mult_adds'"),
        ("--free alpha=2:1 --where mult_adds<=1M", "an empty range"),
        ("--free alpha --where mult_adds<=1G --alpha 1", "is both free and set to a value"),
        ("--free alpha --where mult_adds<=1G --want best", "starts with 'largest' or 'smallest'"),
        ("--free alpha,rho=1:8:1/100000 --where mult_adds<=1G", "too many"),
        ("--free alpha=0.25:1:0.1 --where mult_adds<=1G", "do not meet 1; write 0.25:0.95:0.1 or 0.25:1.05:0.1"),
        ("--free alpha --where rows_of_stem<=1G", "no figure"),
    ],
)
def test_bad_questions_are_refused(command, told):
    result = run("solve", "mobilenet_v1", *command.split())
    assert result.exit_code == 2, result.output
    assert told in result.output


def test_the_command(tmp_path):
    result = run("solve", "mobilenet_v2", "--free", "alpha", "--where", "mult_adds <= 100M")
    assert result.exit_code == 0
    best = mult_adds(archcalc.load("mobilenet_v2"), alpha=0.52)
    assert f"{best:,}" in result.output
    assert "no: mult_adds <= 100M" in result.output
    path = tmp_path / "curve.csv"
    result = run(
        "solve",
        "mobilenet_v1",
        "--free",
        "alpha=0.25:1:0.25,rho=96/224:1:32/224",
        "--where",
        "mult_adds<=150M",
        "-o",
        path,
    )
    assert result.exit_code == 0, result.output
    assert "alpha,rho,rows of input,mult_adds,params" in path.read_text()
