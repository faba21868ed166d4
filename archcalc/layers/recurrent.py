"""Recurrent layers over tokens x features; several layers are written with `repeat`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Flag, Kind, Need, Size
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape, describe


class Recurrent(Kind):
    """The base of these kinds: at each step, gates that see the input and the state of the step before.

    With ``one_bias``, the products of the input and those of the state have one bias together, as in Keras.
    """

    torch_name: ClassVar[str]
    gates: ClassVar[int]
    activations: ClassVar[int]  # for each element of the state, at each step
    steps: ClassVar[int]  # and its operations on two elements
    saved_for_backward = "unknown"  # gates and states, as the library computes it
    hidden: Size
    bidirectional: Flag = False
    bias: Flag = True
    one_bias: Flag = False

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 2, f"{self.label} takes tokens x features, not {describe(x)}"

    def shape(self, x: Shape) -> Shape:
        return (x[0], self.hidden * self._directions())

    def _directions(self) -> int:
        return 1 + self.bidirectional

    def _biases(self) -> int:
        return self.bias * (1 if self.one_bias else 2)

    def weights(self, x: Shape) -> dict[str, Shape]:
        gates = self.gates * self.hidden
        one: dict[str, Shape] = {"weight_ih_l0": (gates, x[1]), "weight_hh_l0": (gates, self.hidden)}
        one |= dict.fromkeys(("bias_ih_l0", "bias_hh_l0")[: self._biases()], (gates,))
        return {
            name + suffix: shape for suffix in ("", "_reverse")[: self._directions()] for name, shape in one.items()
        }

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        (x,) = inputs
        return product((self.gates * self.hidden, x[1] + self.hidden, x[0], self._directions()))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        each = {"activations": self.activations, "elementwise": self.steps, "bias": self.gates * self._biases()}
        return {name: factor * product(output) for name, factor in each.items() if factor}

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        options = {"bidirectional": self.bidirectional, "bias": self.bias, "batch_first": True}
        made = getattr(torch.nn, self.torch_name)(x[1], self.hidden, **options)
        if self._biases() == 1:
            second = [f"bias_hh_l0{suffix}" for suffix in ("", "_reverse")[: self._directions()]]
            for name in second:
                delattr(made, name)
            made.register_forward_pre_hook(partial(_without, second, self.gates * self.hidden))
        made.register_forward_hook(_outputs)
        return made


def _without(names: list[str], size: int, module: Any, inputs: Any) -> None:
    """Zeros for torch's second bias, where a layer has only one."""
    for name in names:
        setattr(module, name, inputs[0].new_zeros(size))


def _outputs(module: Any, inputs: Any, found: Any) -> Any:
    """The outputs of all steps, without the last state."""
    return found[0]


class LSTM(Recurrent):
    """Long short-term memory: h[t] = o * tanh(c[t]), c[t] = f * c[t - 1] + i * g.

    The gates i, f, o are sigmoids and g is a tanh of weight_ih x[t] + bias_ih + weight_hh h[t - 1] + bias_hh. With two
    directions, a second layer reads from the end, and the features of both stand side by side. With `one_bias` there
    is one in place of bias_ih and bias_hh, as in Keras.
    """

    examples: ClassVar = {"lstm(16)": (9, 8), "lstm(5, bidirectional=true, bias=false)": (3, 4)}
    torch_name, gates, activations, steps = "LSTM", 4, 5, 4


class GRU(Recurrent):
    """Gated recurrent unit: h[t] = (1 - z) * n + z * h[t - 1], n = tanh(weight x[t] + r * (weight h[t - 1])).

    The gates r and z are sigmoids, and `one_bias` has its meaning, as in lstm.
    """

    accumulates_out_of_place = True
    examples: ClassVar = {"gru(16)": (9, 8), "gru(5, bidirectional=true, bias=false)": (3, 4)}
    torch_name, gates, activations, steps = "GRU", 3, 3, 5


class RNN(Recurrent):
    """h[t] = tanh(weight_ih x[t] + bias_ih + weight_hh h[t - 1] + bias_hh).

    With `one_bias` there is one in place of bias_ih and bias_hh, as in Keras.
    """

    accumulates_out_of_place = True
    examples: ClassVar = {"rnn(16)": (9, 8), "rnn(5, bidirectional=true, bias=false)": (3, 4)}
    torch_name, gates, activations, steps = "RNN", 1, 1, 0
