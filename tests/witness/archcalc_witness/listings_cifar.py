"""The builders behind the lecture's CIFAR-10 example (lecture 004, lines 1482-1524): resnet_v1 and resnet_v2.

The lecture shows the calls only; the builders are those of the example that came with Keras, cifar10_resnet.py.
"""

from __future__ import annotations

from typing import Any

from keras import Model
from keras.layers import Activation, Add, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, Input


def resnet_layer(
    x: Any,
    filters: int = 16,
    kernel: int = 3,
    strides: int = 1,
    activation: bool = True,
    norm: bool = True,
    first: bool = True,
) -> Any:
    """A convolution with what goes before (not `first`) or behind it."""
    conv = Conv2D(filters, kernel_size=kernel, strides=strides, padding="same")
    around = ([BatchNormalization()] if norm else []) + ([Activation("relu")] if activation else [])
    for layer in [conv, *around] if first else [*around, conv]:
        x = layer(x)
    return x


def head(x: Any) -> Any:
    return Dense(10, activation="softmax")(Flatten()(AveragePooling2D(pool_size=8)(x)))


def resnet_v1(depth: int) -> Model:
    inputs = Input((32, 32, 3))
    filters = 16
    x = resnet_layer(inputs)
    for stack in range(3):
        for block in range((depth - 2) // 6):
            strides = 2 if stack > 0 and block == 0 else 1
            y = resnet_layer(x, filters, strides=strides)
            y = resnet_layer(y, filters, activation=False)
            if stack > 0 and block == 0:
                x = resnet_layer(x, filters, kernel=1, strides=strides, activation=False, norm=False)
            x = Activation("relu")(Add()([x, y]))
        filters *= 2
    return Model(inputs, head(x))


def resnet_v2(depth: int) -> Model:
    inputs = Input((32, 32, 3))
    narrow = 16
    x = resnet_layer(inputs, narrow)
    for stage in range(3):
        wide = narrow * (4 if stage == 0 else 2)
        for block in range((depth - 2) // 9):
            start = stage == 0 and block == 0
            strides = 2 if stage > 0 and block == 0 else 1
            y = resnet_layer(x, narrow, 1, strides, activation=not start, norm=not start, first=False)
            y = resnet_layer(y, narrow, first=False)
            y = resnet_layer(y, wide, 1, first=False)
            if block == 0:
                x = resnet_layer(x, wide, 1, strides, activation=False, norm=False)
            x = Add()([x, y])
        narrow = wide
    return Model(inputs, head(Activation("relu")(BatchNormalization()(x))))
