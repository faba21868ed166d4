"""A classifier of text by torch's own layers, and how the numbers of tokens come into a model."""

from __future__ import annotations

from typing import Any

from torch import nn


class Numbers(nn.Module):
    """A model over the numbers of tokens, which come as the input of all other modules does: numbers with a gradient.

    The gradient of a number is added as nothing, so that what comes from the input can be followed.
    """

    def __init__(self, table: nn.Module, model: nn.Module, read: Any = None) -> None:
        super().__init__()
        self.table, self.model, self.read = table, model, read

    def forward(self, x: Any) -> Any:
        found = self.table(x.long()) + 0 * x[..., None]
        return self.model(found) if self.read is None else self.read(self.model, found)


class Classifier(nn.Module):
    """torch.nn.LSTM layers, and a linear layer on the output of the last step."""

    def __init__(self, features: int, hidden: int, depth: int, classes: int) -> None:
        super().__init__()
        sizes = [features, *[2 * hidden] * (depth - 1)]
        self.layers = nn.ModuleList(nn.LSTM(size, hidden, batch_first=True, bidirectional=True) for size in sizes)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x, _ = layer(x)
        return self.head(x[:, -1])


def lstm(features: int = 100, hidden: int = 256, depth: int = 2, classes: int = 2) -> nn.Module:
    """torch.nn.Embedding, LSTM and Linear."""
    return Numbers(nn.Embedding(25000, features), Classifier(features, hidden, depth, classes))
