"""No expression of a spec reaches Python, costs much time or memory, or gives a number that is not exact."""

import operator
from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random

import pytest

from archcalc.core.errors import Place, Refusal, Source
from archcalc.spec.expression import constant, parse

EXPRESSIONS = {
    "9**9**9": "exponent",
    "2**-10**9": "exponent",
    "(2**200)**2": "256 bits",
    "2**255*2": "256 bits",
    "1/3**200": "256 bits",
    "1e999999999": "256 bits",
    "1e-999999999": "256 bits",
    f"1e{'9' * 900}": "256 bits",
    "9" * 900: "256 bits",
    "9" * 5000: "5,000 characters",
    f"0x{'f' * 900}": "256 bits",
    "(" * 400 + "1" + ")" * 400: None,
    "(" * 900: "never closed",
    "[" * 499 + "]" * 499: None,
    "-" * 900 + "1": None,
    "not " * 200 + "1": None,
    "+".join(["1"] * 400): "too long or nested too deep",
    "1 if 1 else " * 70 + "1": None,
    "**".join(["1"] * 300): None,
    "f(" * 200 + ")" * 200: None,
    "'" + "a" * 500: "not an expression",
    "1\n+1": "one line",
    "1\t+1": "one line",
    "1\0": "one line",
    "\u202e1": "one line",
    "": "not an expression",
    " ": "not an expression",
    "1 +": "not an expression",
}


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: repr(text[:20]))
def test_expression(text):
    with pytest.raises(Refusal, match=EXPRESSIONS[text]):
        constant(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')", "().__class__", "(1).__class__.__bases__", "'a'.join(('b', 'c'))",
        "exec('1')", "eval('1')", "open('/etc/passwd')", "print(1)", "getattr(1, 'real')", "globals()", "lambda: 1",
        "(lambda x: x)(1)", "[x for x in (1, 2)]", "{x for x in (1,)}", "{1: 2}", "{1, 2}", "(x for x in ())",
        "f'{1}'", "f'{open}'", "(x := 1)", "(1, 2)[0]", "'abc'[0]", "'abc'[::-1]", "(*(1, 2), 3)", "max(*(1, 2))",
        "max(**{})", "max(a=1, b=2)", "min(1, 2, key=3)", "True", "None", "...", "1j", "b'x'", "await x", "yield",
        "1 is 1", "1 in (1,)", "1 << 100", "1 >> 1", "~1", "1 & 1", "1 | 1", "1 ^ 1", "1 @ 1", "+1", "1; 2",
        "x = 1", "del x", "import os", "round.__call__(1)", "floor(ceil)", "'%s' % 1", "'a' * 10", "'a' + 'b'",
        "(1,) * 9", "-'a'", "-true", "true + 1", "'a' < 'b'", "(1,) < (2,)", "not 1", "1 and 2", "'a' or 'b'",
        "2 if 3 else 4", "max('a', 1)", "max(1, 'a')", "floor('a')", "ceil(true)", "round((1, 2))",
        "make_divisible(8, 0)", "1 % 0", "1 // 0", "0**-1", "2**0.5", "2**true", "make_divisible('a', 'b')",
        "1 == 1 == 1", "__debug__", "Ellipsis", "NotImplemented",
    ],
)  # fmt: skip
def test_no_expression_reaches_python(text):
    with pytest.raises(Refusal):
        constant(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.75", Fraction(3, 4)),
        ("0.7*10", 7),
        ("1/3 + 1/3 + 1/3", 1),
        ("1.1*10", 11),  # 11.000000000000002 in floating point
        ("0.1 + 0.2", Fraction(3, 10)),
        ("1e3", 1000),
        ("2.5e-1", Fraction(1, 4)),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("2**10", 1024),
        ("2**-2", Fraction(1, 4)),
        ("round(2.5)", 3),
        ("round(3.5)", 4),
        ("round(-2.5)", -2),
        ("round(2.49)", 2),
        ("floor(2.9)", 2),
        ("ceil(2.1)", 3),
        ("min(2, 3)", 2),
        ("max(1/2, 1/3)", Fraction(1, 2)),
        ("make_divisible(32*0.75, 8)", 24),
        ("make_divisible(33, 8)", 32),
        ("make_divisible(11, 8)", 16),  # 8 would be below 90 % of it
        ("make_divisible(1, 8)", 8),
        ("1 if 2 > 1 else 0", 1),
        ("1 if 2 <= 1 or 1 == 1 and not 1 != 1 else 0", 1),
        ("'a' == 'b'", False),
        ("(1, 3)", (1, 3)),
        ("[1, 3]", (1, 3)),
        ("true", True),
        ("3 # a comment", 3),
    ],
)
def test_value(text, value):
    assert constant(text) == value


# Roots and logarithms


FORMULAS = [
    ("{0}", lambda a, b: a),
    ("3*{0} - {1}", lambda a, b: 3 * a - b),
    ("({0} + 5)/(2 + {1}**2)", lambda a, b: (a + 5) / (2 + b * b)),
    ("{0}*{1}", operator.mul),
    ("-{1}**3 - {0}", lambda a, b: -b * b * b - a),
    ("1/{0}", lambda a, b: 1 / a),
    ("{0} % 7", lambda a, b: a % 7),
    ("min({0}, 2*{1}) - 10**30", lambda a, b: min(a, 2 * b) - 10**30),
]


def value(text):
    return parse(text, Place(Source("a law", text), 0, 0)).evaluate({})


@pytest.mark.parametrize("seed", range(40))
def test_what_is_rounded_is_the_number_that_many_digits_give(seed):
    """Roots and logarithms of random fractions in random formulas, against decimals of 200 digits."""
    random = Random(seed)
    for _ in range(10):
        x, y, base = (Fraction(random.randrange(1, 10**6), random.choice((1, 1, 2, 7, 1000))) for _ in range(3))
        formula, compute = random.choice(FORMULAS)
        inner = f"sqrt({x})", f"log({y}, {base + 1})"
        with localcontext(prec=200):
            x, y, base = (Decimal(n.numerator) / n.denominator for n in (x, y, base + 1))
            near = Fraction(compute(x.sqrt(), y.ln() / base.ln()))
        for name, rounded in (("floor", near // 1), ("ceil", -(-near // 1)), ("round", (near + Fraction(1, 2)) // 1)):
            assert value(f"{name}({formula.format(*inner)})") == rounded
        assert value(f"{formula.format(*inner)} > {round(near)}") is (near > round(near))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_exact_is_exact(seed):
    random = Random(seed)
    for _ in range(10):
        x = Fraction(random.randrange(1, 10**9), random.randrange(1, 10**6))
        assert value(f"sqrt(({x})**2)") == x
        base, exponent = random.randrange(2, 50), Fraction(random.randrange(-20, 20), random.randrange(1, 4))
        assert value(f"log({Fraction(base) ** exponent.numerator}, {base**exponent.denominator})") == exponent


def test_what_is_nearly_whole_is_rounded_right_or_refused():
    assert value("floor(sqrt(10**40 - 1))") == 10**20 - 1
    assert value("ceil(sqrt(10**40 + 1))") == 10**20 + 1
    assert value("floor(log(2**250 - 1, 2))") == 249
    assert value("ceil(log(2**250 + 1, 2))") == 251
    for text in ("floor(sqrt(2)*sqrt(2))", "sqrt(8) == 2*sqrt(2)", "1/(sqrt(8) - 2*sqrt(2))"):
        with pytest.raises(Refusal, match=r"digits cannot tell|division by zero"):
            value(text)
