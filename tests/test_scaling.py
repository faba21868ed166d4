"""Compound scaling: exact counts beside the paper's rule, the released networks, the grid search."""

from fractions import Fraction

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.core.errors import ArchcalcError
from archcalc.search.law import law
from archcalc.search.scaling import constraint, members, scale, search


@pytest.fixture(scope="module")
def b0():
    return archcalc.load("efficientnet_b0")


def run(*command):
    return CliRunner(env={"COLUMNS": "180"}).invoke(main, command)


def test_the_constraint_of_the_paper():
    """arXiv:1905.11946, section 4, step 1: alpha = 1.2, beta = 1.1, gamma = 1.15."""
    assert constraint(Fraction(6, 5), Fraction(11, 10), Fraction(23, 20)) == Fraction("1.92027")


def test_every_phi_is_counted(b0):
    scaling = scale(b0, 4)
    assert [step.phi for step in scaling.steps] == [0, 1, 2, 3, 4]
    assert [step.predicted for step in scaling.steps] == [1, 2, 4, 8, 16]
    for step in scaling.steps:
        report = b0.summary(phi=step.phi)
        assert (step.mult_adds, step.params, step.side) == (
            report.totals.mult_adds,
            report.totals.params,
            report.input[1],
        )
        assert step.growth == Fraction(report.totals.mult_adds, b0.summary().totals.mult_adds)
        assert step.depth == Fraction(6, 5) ** step.phi
        assert step.constraint == Fraction("1.92027") ** step.phi


def test_other_coefficients(b0):
    scaling = scale(b0, 2, alpha=1.5, beta=1, gamma=1)
    assert scaling.constraint == Fraction(3, 2)
    assert scaling.steps[2].side == 224
    assert scaling.steps[2].mult_adds == b0.summary(phi=2, alpha=1.5, beta=1, gamma=1).totals.mult_adds


def test_the_released_networks(b0):
    """Coefficients: the paper's code, efficientnet_builder.py; phi = 1 is B2 but for its resolution."""
    found = {member.name: member for member in members(scale(b0, 1))}
    assert list(found) == [f"efficientnet_b{i}" for i in range(1, 8)]
    assert found["efficientnet_b7"].released == (Fraction("3.1"), 2, 600)
    for name, member in found.items():
        totals = archcalc.load(name).summary().totals
        assert (member.params, member.mult_adds) == (totals.params, totals.mult_adds)
        others = [abs(step.mult_adds - totals.mult_adds) for step in scale(b0, 8).steps]
        assert abs(member.nearest.mult_adds - totals.mult_adds) <= sorted(others)[1]
        assert member.difference == Fraction(totals.mult_adds, member.nearest.mult_adds) - 1
    second = found["efficientnet_b2"]
    assert second.nearest.phi == 1
    assert second.implied == pytest.approx((1, 1, 1.066), abs=0.01)
    assert second.params == b0.summary(phi=1).totals.params
    assert second.mult_adds != second.nearest.mult_adds


def test_the_grid_search(b0):
    found = search(b0)
    chosen = [one for one in found if (one.alpha, one.beta, one.gamma) == (1.2, Fraction(11, 10), Fraction(23, 20))]
    (paper,) = [
        one for one in found if (one.alpha, one.beta, one.gamma) == (Fraction(6, 5), Fraction(11, 10), Fraction(23, 20))
    ]
    assert not chosen
    assert paper.mult_adds == b0.summary(phi=1).totals.mult_adds
    values = [1 + Fraction(i, 20) for i in range(11)]
    near = [(a, b, c) for a in values for b in values for c in values if abs(a * b**2 * c**2 - 2) <= Fraction(1, 10)]
    assert sorted((one.alpha, one.beta, one.gamma) for one in found) == sorted(near)
    for one in found[::9]:
        totals = b0.summary(phi=1, alpha=one.alpha, beta=one.beta, gamma=one.gamma).totals
        assert (one.mult_adds, one.params) == (totals.mult_adds, totals.params)
    assert len(search(b0, tolerance="0.02")) < len(found)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("scale", "resnet50"), "resnet50 has no phi, alpha, beta, gamma"),
        (("scale", "efficientnet_b0", "--phi", "2.5"), "phi must be whole"),
        (("scale", "efficientnet_b0", "--phi", "-1"), "it must be at least 0"),
        (("scale", "efficientnet_b0", "--search", "--step", "0"), "step = 0; it must be more than 0"),
        (("scale", "efficientnet_b0", "--search", "--step", "0.001"), "combinations"),
        (("scale", "efficientnet_b0", "--search", "--tolerance", "1/10000"), "within 0.0001 of 2"),
    ],
)
def test_bad_questions_are_refused(command, told):
    result = run(*command)
    assert result.exit_code == 2, result.output
    assert told in result.output


def test_other_networks_have_no_compound_scaling():
    with pytest.raises(ArchcalcError, match="a spec that has them is efficientnet_b0"):
        scale(archcalc.load("vgg16"))


def test_the_command(b0):
    result = run("scale", "efficientnet_b0", "--phi", "3", "--search")
    assert result.exit_code == 0
    for text in (
        f"{b0.summary(phi=3).totals.mult_adds:,}",
        "alpha beta^2 gamma^2 = 1.9203",
        "efficientnet_b7",
        "Grid search",
    ):
        assert text in result.output


def test_the_law_is_the_largest_term_of_the_closed_form(b0):
    found = law(scale(b0, 1))
    largest, *others = found.terms
    assert (largest.powers, largest.growth) == ((1, 2, 2), Fraction("1.92027"))
    assert all(abs(term.mult_adds) < largest.mult_adds for term in others)
    assert largest.layers == ("bottleneck/project", "bottleneck/expand")
    for d, w, r in ((1, 1, 224), (2, 1, 224), (3, 2, 448), (2, 3, 64)):  # where nothing is rounded
        powers = (
            d ** term.powers[0] * w ** term.powers[1] * Fraction(r, 224) ** term.powers[2] for term in found.terms
        )
        exact = b0.summary(d=d, w=w, resolution=r).totals.mult_adds
        assert sum(term.mult_adds * power for term, power in zip(found.terms, powers, strict=True)) == exact


def test_each_released_network_is_the_law_times_what_keeps_it_from_it(b0):
    scaling = scale(b0, 1)
    found, first = {one.name: one for one in law(scaling).apart(members(scaling))}, b0.summary().totals.mult_adds
    for name, one in found.items():
        report = archcalc.load(name).summary()
        d, w, r = (Fraction(report.knobs[knob]) for knob in ("d", "w", "resolution"))
        assert one.law == d * w**2 * (r / 224) ** 2
        assert one.growth == Fraction(report.totals.mult_adds, first)
    assert found["efficientnet_b1"].roundings > Fraction(7, 5)  # ceil(1.1) is 2
    assert len(found) == 7


def test_without_a_polynomial_there_is_no_law(tmp_path):
    path = tmp_path / "net.yaml"
    given = "".join(f"  {name}: {{default: {value}}}\n" for name, value in (
        ("phi", 0), ("alpha", 1.2), ("beta", 1.1), ("gamma", 1.1), ("d", 1), ("w", 1), ("resolution", 32)))  # fmt: skip
    path.write_text(f"""net: N
given:
{given}input: [3, resolution, resolution]
layers:
  - conv(floor(16*w*beta**phi), 3, pad=1)
  - conv(max(32*w, 48) + floor(alpha*d*gamma), 1)
""")
    assert law(scale(archcalc.load(str(path)), 0)) is None
