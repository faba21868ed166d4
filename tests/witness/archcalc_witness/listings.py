"""The Keras listings of the lectures, as printed; what had to be changed to run them is said."""

from __future__ import annotations

from typing import Any

from keras import Model, Sequential
from keras.applications import VGG16, ResNet50
from keras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    UpSampling2D,
    multiply,
)


def keras_lenet() -> Model:
    """Lecture 004, lines 210-261."""
    return Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(6, kernel_size=(5, 5), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Conv2D(16, kernel_size=(5, 5), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Flatten(),
            Dense(120, activation="relu"),
            Dense(84, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )


def keras_alexnet_oxflower17() -> Model:
    """Lecture 004, lines 443-532."""
    model = Sequential([Input((224, 224, 3))])
    for filters, kernel, stride, pool in (
        (96, 11, 4, 1),
        (256, 11, 1, 1),
        (384, 3, 1, 0),
        (384, 3, 1, 0),
        (256, 3, 1, 1),
    ):
        model.add(Conv2D(filters=filters, kernel_size=kernel, strides=stride, padding="valid"))
        model.add(Activation("relu"))
        if pool:
            model.add(MaxPooling2D(pool_size=(2, 2), strides=(2, 2), padding="valid"))
        model.add(BatchNormalization())
    model.add(Flatten())
    for units in (4096, 4096, 1000):
        for layer in (Dense(units), Activation("relu"), Dropout(0.4), BatchNormalization()):
            model.add(layer)
    model.add(Dense(17))
    model.add(Activation("softmax"))
    return model


def _small(*more: Any) -> Model:
    layers = [Input((28, 28, 1)), Conv2D(32, (3, 3), activation="relu"), MaxPooling2D((2, 2))]
    layers += [Conv2D(64, (3, 3), activation="relu"), MaxPooling2D((2, 2)), Conv2D(64, (3, 3), activation="relu")]
    return Sequential([*layers, *more, Flatten(), Dense(64, activation="relu"), Dense(10, activation="softmax")])


def keras_mnist_cnn() -> Model:
    """Lecture 002, lines 144-187, with one convolution after the second pool, as in the printed summary."""
    return _small()


def keras_mnist_cnn_as_scanned() -> Model:
    """Lecture 002, lines 150-162, with both lines that the scan has."""
    return _small(Conv2D(64, (3, 3), activation="relu"))


def keras_cats_dogs(*before: Any) -> Model:
    """Lecture 002, lines 214-252."""
    layers = [Input((150, 150, 3))]
    for filters in (32, 64, 128, 128):
        layers += [Conv2D(filters, (3, 3), activation="relu"), MaxPooling2D((2, 2))]
    return Sequential(
        [*layers, *(before or [Flatten()]), Dense(512, activation="relu"), Dense(1, activation="sigmoid")]
    )


def keras_cats_dogs_dropout() -> Model:
    """Lecture 002, lines 325-345."""
    return keras_cats_dogs(Flatten(), Dropout(0.5))


def keras_cats_dogs_dropout_tf() -> Model:
    """Lecture 004, lines 1231-1273."""
    return keras_cats_dogs(Dropout(0.5), Flatten())


def keras_vgg16_cats_dogs() -> Model:
    """Lecture 002, lines 449-491."""
    base = VGG16(weights=None, include_top=False, input_shape=(150, 150, 3))
    head = [Flatten(), Dense(256, activation="relu"), Dense(1, activation="sigmoid")]
    return Sequential([Input((150, 150, 3)), base, *head])


def keras_vgg16_folders(folders: int) -> Model:
    """Lecture 004, lines 671-728; the number of folders is the disk's."""
    base = VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    return Model(base.input, Dense(folders, activation="softmax")(Flatten()(base.output)))


def keras_resnet50_cats_dogs() -> Model:
    """Lecture 004, lines 1628-1676."""
    base = ResNet50(include_top=False, pooling="avg", weights=None, input_shape=(224, 224, 3))
    return Sequential([Input((224, 224, 3)), base, Dense(2, activation="softmax")])


def keras_resnet50_cifar100() -> Model:
    """Lecture 004, lines 1863-1895, with the base built for the 256 x 256 that it receives, not for 224 x 224."""
    base = ResNet50(weights=None, include_top=False, input_shape=(256, 256, 3))
    model = Sequential([Input((32, 32, 3)), UpSampling2D(), UpSampling2D(), UpSampling2D(), base])
    head = [GlobalAveragePooling2D(), Dense(256, activation="relu"), Dropout(0.25), BatchNormalization()]
    for layer in (*head, Dense(100, activation="softmax")):
        model.add(layer)
    return model


def keras_dense_softmax() -> Model:
    """Lecture 000, lines 1820-1830."""
    return Sequential([Input((10,)), Dense(64, kernel_initializer="uniform"), Activation("softmax")])


def keras_dense_toy() -> Model:
    """Lecture 003, lines 879-893: the summary."""
    return Sequential([Input((1,)), Dense(2), Dense(1)])


def keras_se_sample() -> Model:
    """Lecture 001, lines 210-218."""
    sample = Input((16, 16, 512))
    se = GlobalAveragePooling2D()(sample)
    se = Dense(512, activation="sigmoid", use_bias=False)(se)
    return Model(sample, multiply([sample, se]))


def keras_residual_block(expand: int = 64, squeeze: int = 16) -> Model:
    """Lecture 000, lines 1117-1122, with padding="same", without which the sides of the addition differ."""
    x = Input((56, 56, expand))
    m = Conv2D(squeeze, (1, 1), activation="relu")(x)
    m = Conv2D(squeeze, (3, 3), activation="relu", padding="same")(m)
    m = Conv2D(expand, (1, 1), activation="relu")(m)
    return Model(x, Add()([m, x]))


def keras_bottleneck_block(expand: int = 64, squeeze: int = 16) -> Model:
    """Lecture 000, lines 1126-1136, with padding="same"."""
    x = Input((56, 56, squeeze))
    m = Activation("relu6")(BatchNormalization()(Conv2D(expand, (1, 1))(x)))
    m = Activation("relu6")(BatchNormalization()(DepthwiseConv2D((3, 3), padding="same")(m)))
    m = BatchNormalization()(Conv2D(squeeze, (1, 1))(m))
    return Model(x, Add()([m, x]))


def keras_inverted_residual_block(expand: int = 64, squeeze: int = 16) -> Model:
    """Lecture 000, lines 1139-1144, with padding="same"."""
    x = Input((56, 56, squeeze))
    m = Conv2D(expand, (1, 1), activation="relu")(x)
    m = DepthwiseConv2D((3, 3), activation="relu", padding="same")(m)
    m = Conv2D(squeeze, (1, 1), activation="relu")(m)
    return Model(x, Add()([m, x]))
