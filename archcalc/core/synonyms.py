"""Names that other programs and papers use for things in archcalc; hints look here before they compare spellings.

Words are written as `squeezed` returns them, so capitals, hyphens, spaces and underscores do not matter.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

WORDS = {  # the word that archcalc uses -> other words for it
    # kinds of layer
    "conv": "conv1d conv2d conv3d convolution convolution1d convolution2d convolution3d",
    "conv_transpose": "convtranspose1d convtranspose2d convtranspose3d conv2dtranspose transposedconv deconv "
    "deconvolution upconv",
    "linear": "dense fc fullyconnected innerproduct affine gemm",
    "batchnorm": "bn batchnorm1d batchnorm2d batchnorm3d batchnormalization",
    "groupnorm": "gn groupnormalization",
    "layernorm": "ln layernormalization layernorm2d",
    "rmsnorm": "rmsnormalization",
    "lrn": "localresponsenorm localresponsenormalization",
    "silu": "swish",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "leaky_relu": "lrelu",
    "maxpool": "pool pooling maxpool1d maxpool2d maxpool3d maxpooling maxpooling1d maxpooling2d maxpooling3d",
    "avgpool": "pool pooling avgpool1d avgpool2d avgpool3d avgpooling averagepool averagepooling averagepooling2d "
    "meanpool",
    "global_avgpool": "gap globalpool globalpooling globalaveragepool globalaveragepooling globalaveragepooling2d",
    "adaptive_avgpool": "adaptiveavgpool2d adaptivepool",
    "roi_pool": "roipooling",
    "concat": "concatenate cat depthconcat filterconcat",
    "add": "sum plus eltwise",
    "multiply": "mul times",
    "dropout": "dropout1d dropout2d spatialdropout2d",
    "upsample": "upsampling upsampling2d interpolate",
    "resize": "interpolate bilinear",
    "attention": "selfattention crossattention multiheadattention mha transformer",
    "dot_product_attention": "sdpa scaleddotproductattention",
    "matmul": "bmm mm einsum dot",
    "embedding": "tokenembedding wordembedding wte",
    "parameter": "learnedtensor classtoken positionembedding layerscale",
    "reshape": "view",
    "permute": "transpose movedim",
    "tokens": "patchembedding",
    "roll": "shift cyclicshift",
    "mean": "reducemean",
    "zeropad": "zeropad2d zeropadding2d",
    "crop": "cropping2d",
    "shuffle": "channelshuffle",
    "narrow": "slice",
    # arguments of layers
    "kernel": "kernelsize ksize filtersize",
    "out": "filters outchannels units outfeatures numoutput",
    "pad": "padding",
    "dilation": "dilationrate",
    "bias": "usebias",
    # keys of a spec, columns and quantities
    "net": "name title",
    "given": "knobs parameters params",
    "layer": "name",
    "output": "shape outputshape",
    "params": "parameters numparams",
    "mult_adds": "macs madds multiplyadds multiplyaccumulates",
    # commands
    "summary": "count info stats summarize",
    "list": "ls find search",
    # knobs and networks
    "alpha": "alfa",
    "efficientnet": "effnet",
}
INSTEAD = {  # what to write in a spec -> words for what is not a kind of layer in archcalc
    "an empty branch, '[]', is the identity": "identity noop passthrough",
    "'add' with an empty branch, '[]', is a residual connection": "residual shortcut skip",
    "a depthwise convolution is 'conv(channels, 3, pad=1, groups=channels)'": "depthwise depthwiseconv "
    "depthwiseconv2d dwconv",
    "a separable convolution is 'conv(channels, 3, pad=1, groups=channels)' and then 'conv(out, 1)'": "separable "
    "separableconv separableconv2d sepconv",
    "instance normalisation is 'groupnorm(channels, affine=false)'": "instancenorm instancenorm2d",
    "only 'opaque((channels, rows, columns))' can stand for it, with unknown costs": "maxout roialign",
}
OTHERS = "resnest dpn"  # networks that archcalc does not have
USUAL = {  # family -> the network that its name alone stands for
    "DenseNet": "densenet121",
    "EfficientNet": "efficientnet_b0",
    "Inception": "inception_v3",
    "LeNet": "lenet5",
    "ResNeXt": "resnext50_32x4d",
    "ResNet": "resnet50",
    "VGG": "vgg16",
}


class Sense(NamedTuple):
    """Words for a knob, and a pattern for the help of such a knob, since one letter has several meanings."""

    words: str
    help: str
    value: str = ""  # what the value is: that of the knob ("same"), or the "side" of the input in pixels


WIDTH = r"width( \(depth\))? (multiplier|coefficient)|scale of the widths|widening factor"
SENSES = (  # the first one for which the network has a knob is used
    Sense("width", WIDTH),
    Sense("alpha multiplier widthmultiplier widthmult widthfactor widenfactor wideningfactor", WIDTH, "same"),
    Sense(
        "resolution rho size side image imagesize imgsize inputsize inputshape inputresolution height width",
        "(height|width) of the (.*'s )?(input|map|sample)|resolution multiplier|^of the image|pixels each",
        "side",
    ),
    Sense(
        "classes numclasses nclasses outputs categories labels numlabels", "of the classifier|kinds of object", "same"
    ),
    Sense("depth layers numlayers blocks numblocks", "depth coefficient|^(units|layers|convolutions|blocks|modules)"),
    Sense("growth growthrate k", "growth rate", "same"),
    Sense("cardinality c groups", "cardinality", "same"),
    Sense("basewidth bottleneckwidth widthpergroup d", "width of the bottleneck", "same"),
    Sense("expansion expandratio expansionfactor t", "expansion factor", "same"),
    Sense("compression theta", "compression of", "same"),
    Sense("droprate dropoutrate drop dropout rate", "dropout", "same"),
    Sense("reduction reductionratio seratio squeeze squeezeratio", "reduction ratio|squeezed share|squeeze ratio"),
    Sense("top head classifier notop", "^the (fully connected layers|pooling and the classifier)"),
    Sense("bias usebias", "^bias|^a bias"),
    Sense("batchnorm norm", "^batch norm"),
)


def squeezed(word: str) -> str:
    """A word in small letters, without hyphens, dots, spaces and underscores, which people write differently."""
    return re.sub(r"[-_. ]", "", word.lower())


@cache
def _others() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for own, words in WORDS.items():
        for word in words.split():
            found.setdefault(word, []).append(own)
    return found


def own_words(word: str) -> list[str]:
    """The words that archcalc uses for it."""
    return _others().get(squeezed(word), [])


def instead(word: str) -> str:
    """What to write instead of a word that archcalc does not have; empty where no advice is known."""
    return next((advice for advice, words in INSTEAD.items() if squeezed(word) in words.split()), "")


def is_other(word: str) -> bool:
    """Whether it names something that archcalc does not have, so that a similar spelling would mislead."""
    return bool(instead(word)) or squeezed(word) in OTHERS.split()
