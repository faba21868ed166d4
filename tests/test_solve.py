"""Budgets: the answers against a search by hand, their neighbours, and what is said where there is none."""

from fractions import Fraction

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import ArchcalcError, SpecError
from archcalc.quantity import quantity
from archcalc.solving.constraint import read_constraints

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
        ("mobilenet_v2", "alpha", "mult_adds <= 100M", [Fraction(i, 100) for i in range(4, 401)]),
        ("densenet121", "k", "params < 4.2M", range(1, 60)),
        ("mobilenet_v2", "resolution", "inference_bytes <= 16MiB", range(32, 200)),
        ("efficientnet_b0", "phi", "mult_adds <= 2G", range(9)),
        ("densenet121", "n3", "params <= 10M", range(1, 60)),
        ("mobilenet_v1", "rho", "rows of body5 <= 7", [Fraction(i, 100) for i in range(15, 801)]),
    ],
)
def test_the_largest_that_meets_a_budget(name, knob, where, values):
    network = archcalc.load(name)
    (limit,) = read_constraints([where])
    met = by_hand(network, knob, values, lambda report: limit.met(limit.quantity.of(report)))
    solution = network.solve(where, free=knob)
    assert solution.best.knobs == {knob: max(met)}
    assert solution.best.meets
    assert solution.best.figures[str(limit.quantity)] == limit.quantity.of(network.summary(**{knob: max(met)}))
    (beyond,) = solution.beyond
    assert beyond.knobs[knob] == values[list(values).index(max(met)) + 1]
    assert beyond.broken == (where,)


def test_the_smallest_that_has_enough():
    network = archcalc.load("mobilenet_v2")
    solution = network.solve("params >= 3M", free="alpha")
    met = by_hand(network, "alpha", [Fraction(i, 100) for i in range(4, 401)], lambda r: r.totals.params >= 3 * 10**6)
    assert solution.best.knobs == {"alpha": min(met)}
    assert not solution.beyond[0].meets
    assert network.solve("params >= 3M", free="alpha", want="largest").best.knobs == {"alpha": 4}


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
    assert (limit.quantity, limit.relation, limit.bound) == (quantity("mult_adds"), "<=", bound)


@pytest.mark.parametrize(
    ("text", "bound"), [("16MiB", 16 * 2**20), ("16 MB", 16 * 10**6), ("1GiB", 2**30), ("5kB", 5000)]
)
def test_bytes_with_units(text, bound):
    assert read_constraints([f"weight_bytes < {text}"])[0].bound == bound


@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">", "==", "="])
@pytest.mark.parametrize("bound", ["7", "7.5"])
def test_relations_are_exact(relation, bound):
    (limit,) = read_constraints([f"params {relation} {bound}"])
    for value in range(5, 10):
        assert limit.met(value) == eval(
            f"value {relation.replace('==', '=').replace('=', '==') if relation in ('=', '==') else relation} {bound}"
        )


def test_nothing_meets_it_and_the_nearest_miss():
    network = archcalc.load("mobilenet_v1")
    with pytest.raises(
        ArchcalcError, match=r"no point meets mult_adds <= 1M.*nearest is alpha = 0.04, with mult_adds = 1,816,740"
    ):
        network.solve("mult_adds <= 1M and params <= 10M", free="alpha")
    with pytest.raises(ArchcalcError, match="no point meets mult_adds < 100M, params > 4M together"):
        network.solve("mult_adds < 100M", "params > 4M", free="alpha")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("--free alhpa --where mult_adds<=1G", "did you mean 'alpha'"),
        ("--free alpha --where mult_adds_1G", "is not a constraint; it is written"),
        ("--free alpha --where mult_adds<=1X", "no unit 'X'"),
        ("--free alpha --where mult_adds<=1MiB", "MiB are bytes"),
        ("--free alpha --where mult_add<=1M", "did you mean 'mult_adds'"),
        ("--free alpha=2:1 --where mult_adds<=1M", "an empty range"),
        ("--free alpha --where mult_adds<=1G --alpha 1", "free and has a value too"),
        ("--free alpha --where mult_adds<=1G --want best", "starts with 'largest' or 'smallest'"),
        ("--free alpha,rho=1/7:8:1/100000 --where mult_adds<=1G", "too many"),
        ("--free alpha --where rows_of_stem<=1G", "no quantity"),
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
    assert "alpha,rho,mult_adds,params" in path.read_text()
