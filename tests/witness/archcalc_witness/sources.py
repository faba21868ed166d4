"""Which real module stands for which network: table -> where to find it, its arguments, its input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from archcalc_witness.parts import PARTS


@dataclass(frozen=True)
class Source:
    """How to build a module, and which network of archcalc, at which knobs, it must equal."""

    library: str
    call: str  # where the builder is, without the library's name, or in a module of this folder
    options: dict[str, Any] = field(default_factory=dict)
    arguments: tuple[Any, ...] = ()
    input: tuple[int, ...] = (3, 224, 224)
    network: str = ""  # archcalc's name, where it is not the table's
    knobs: dict[str, Any] = field(default_factory=dict)
    part: tuple[str, ...] = ()  # the submodules that are counted; none: the whole
    training: bool = False  # run what only training has: auxiliary heads
    device: str = "meta"  # where it is built; "cpu" if it computes then
    order: str = ""  # of the layers, if not as they run (of Keras: branch by branch): "as defined", "as in the summary"

    @property
    def origin(self) -> str:
        """Who wrote the module: the library, or someone in its terms."""
        written = {"altered": "altered here", "detectors": "its parts, joined here", "listings": "a lecture's listing"}
        written |= {"text": "over the numbers of tokens", "recurrent": "its layers, joined here"}
        changed = written.get(self.call.partition(".")[0].partition("_")[0])
        return f"{self.library}, {changed}" if changed else self.library


def tv(call: str, *arguments: Any, **rest: Any) -> Source:
    """From torchvision.models."""
    return Source("torchvision", f"models.{call}", arguments=arguments, **rest)


def altered(call: str, *arguments: Any, **rest: Any) -> Source:
    """From torchvision, with the change that altered.py states."""
    return Source("torchvision", f"altered.{call}", arguments=arguments, **rest)


def detector(call: str, *arguments: Any, **rest: Any) -> Source:
    """From torchvision's parts, as detectors.py puts them together."""
    return Source("torchvision", f"detectors.{call}", arguments=arguments, **rest)


def timm(call: str, **rest: Any) -> Source:
    """From timm.models."""
    return Source("timm", f"models.{call}", **rest)


def text(call: str, tokens: int, sizes: dict[str, int] | None = None, **rest: Any) -> Source:
    """From transformers, by text.py, with these sizes in its configuration."""
    return Source("transformers", f"text.{call}", options=sizes or {}, input=(tokens,), **rest)


def cv(call: str, **rest: Any) -> Source:
    """From pytorchcv.models; its residual units run the shortcut first but define it last."""
    return Source("pytorchcv", f"models.{call}", order="as defined", **rest)


def keras(call: str, input: tuple[int, ...] = (3, 224, 224), **rest: Any) -> Source:
    """From keras.applications, without pretrained weights."""
    return Source("keras", f"applications.{call}", input=input, **rest)


def resnext(repeats: tuple[int, ...], groups: int, width: int) -> Source:
    """A setting of the ResNeXt paper's tables."""
    return altered("residual", *repeats, options={"groups": groups, "width_per_group": width})


def compound(width: float, depth: float, size: int, **rest: Any) -> Source:
    """EfficientNet at multipliers of one's own; torchvision would take four times the last block's filters for 1280."""
    options = {"channel_multiplier": width, "depth_multiplier": depth}
    return timm(
        "efficientnet._gen_efficientnet", arguments=("efficientnet_b0",), options=options, input=(3, size, size), **rest
    )


R50, R101, R152 = (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3)
CIFAR = (3, 32, 32)
LARGE = (3, 299, 299)

SOURCES: dict[str, Source] = {
    "alexnet_torchvision": tv("alexnet"),
    "vgg11": tv("vgg11"),
    "vgg13": tv("vgg13"),
    "vgg16": tv("vgg16"),
    "vgg19": tv("vgg19"),
    "vgg16_c": altered("vgg_features", "33", "33", "331", "331", "331"),
    "vgg11_lrn": altered("vgg_features", "3", "3", "33", "33", "33", options={"lrn": True}),
    "vgg13_shallow_5x5": altered("vgg_features", "5", "5", "5", "5", "5"),
    "nin": cv("nin_cifar.nin_cifar10", input=CIFAR),
    "googlenet": altered("googlenet_paper", options={"aux_logits": False}),
    "googlenet_aux": altered(
        "googlenet_paper", options={"aux_logits": True}, network="googlenet", knobs={"aux": "true"}, training=True
    ),
    "googlenet_torchvision": tv("googlenet", options={"aux_logits": False, "init_weights": False}),
    "bn_inception": cv("bninception.bninception"),
    "inception_v3": tv("inception_v3", options={"aux_logits": False, "init_weights": False}, input=LARGE),
    "inception_v3_aux": tv(
        "inception_v3",
        options={"init_weights": False},
        input=LARGE,
        network="inception_v3",
        knobs={"aux": "true"},
        training=True,
    ),
    "inception_v4": timm("inception_v4.inception_v4", input=LARGE),
    "inception_resnet_v1": cv("inceptionresnetv1.inceptionresnetv1", input=LARGE, knobs={"n_c": 6, "embedding": 512}),
    "inception_v3_keras": keras("InceptionV3", LARGE),
    "inception_resnet_v2_keras": keras("InceptionResNetV2", LARGE),
    "inception_resnet_v2": timm("inception_resnet_v2.inception_resnet_v2", input=LARGE),
    "xception": timm("xception.legacy_xception", input=LARGE),
    "resnet18": tv("resnet18"),
    "resnet34": tv("resnet34"),
    "resnet50": tv("resnet50"),
    "resnet101": tv("resnet101"),
    "resnet152": tv("resnet152"),
    "resnet50_stride_on_1": cv("resnet.resnet50", network="resnet50", knobs={"stride_on": 1}),
    "resnet101_stride_on_1": cv("resnet.resnet101", network="resnet101", knobs={"stride_on": 1}),
    "resnet50_keras": keras("ResNet50"),
    "resnet101_keras": keras("ResNet101"),
    "resnet152_keras": keras("ResNet152"),
    "resnet50_v2_keras": keras("ResNet50V2", order="as in the summary"),
    "resnet101_v2_keras": keras("ResNet101V2", order="as in the summary"),
    "resnet152_v2_keras": keras("ResNet152V2", order="as in the summary"),
    "preact_resnet50": cv("preresnet.preresnet50"),
    "resnet200": cv("preresnet.preresnet200"),
    "plain18": altered("plain", 2, 2, 2, 2),
    "plain34": altered("plain", 3, 4, 6, 3),
    "resnext50_32x4d": tv("resnext50_32x4d"),
    "resnext50_2x40d": resnext(R50, 2, 40),
    "resnext50_4x24d": resnext(R50, 4, 24),
    "resnext50_8x14d": resnext(R50, 8, 14),
    "resnext101_32x4d": timm("resnet.resnext101_32x4d"),
    "resnext101_2x40d": resnext(R101, 2, 40),
    "resnext101_4x24d": resnext(R101, 4, 24),
    "resnext101_8x14d": resnext(R101, 8, 14),
    "resnext101_2x64d": resnext(R101, 2, 64),
    "resnext101_64x4d": tv("resnext101_64x4d"),
    "resnet101_wide_1x100d": resnext(R101, 1, 100),
    "resnext152_64x4d": resnext(R152, 64, 4),
    "wide_resnet50_2": tv("wide_resnet50_2"),
    "wide_resnet": cv("wrn_cifar.wrn28_10_cifar10", input=CIFAR),
    "wide_resnet_16_10": cv("wrn_cifar.wrn16_10_cifar10", input=CIFAR, network="wide_resnet", knobs={"N": 2}),
    "wide_resnet_40_8": cv("wrn_cifar.wrn40_8_cifar10", input=CIFAR, network="wide_resnet", knobs={"N": 6, "k": 8}),
    "densenet121": tv("densenet121"),
    "densenet161": tv("densenet161"),
    "densenet169": tv("densenet169"),
    "densenet201": tv("densenet201"),
    "densenet264": tv("densenet.DenseNet", 32, (6, 12, 64, 48), 64),
    "se_resnet50": timm("resnet.seresnet50"),
    "se_resnext50_32x4d": timm("resnet.seresnext50_32x4d"),
    "senet154": timm("resnet.senet154"),
    "mobilenet_v1_timm": timm("efficientnet.mobilenetv1_100", network="mobilenet_v1"),
    "squeezenet1_0": tv("squeezenet1_0"),
    "squeezenet1_0_227": tv("squeezenet1_0", input=(3, 227, 227), network="squeezenet1_0", knobs={"resolution": 227}),
    "squeezenet1_1": tv("squeezenet1_1"),
    "mnasnet_b1": tv("mnasnet1_0"),
    "mnasnet_a1": timm("efficientnet.semnasnet_100"),
    "nasnet_large": timm(
        "nasnet.nasnetalarge",
        input=(3, 331, 331),
        order="any, because timm's second stem cell fits its newer input first, all its other cells the older one",
    ),
    "alexnet": Source("pytorchcv", "altered_cv.alexnet_grouped", input=(3, 227, 227)),
    "bn_inception_printed": Source(
        "pytorchcv",
        "altered_cv.bn_inception_printed",
        network="bn_inception",
        knobs={"bias": "false", "proj_4cd": 96},
    ),
    "efficientnet": compound(1.1, 1.2, 258),
    "efficientnet_wide": compound(4, 1, 224, network="efficientnet_b0", knobs={"w": 4}),
    "efficientnet_phi_3": compound(1.1**3, 1.2**3, 341, network="efficientnet", knobs={"phi": 3}),
    "alexnet_ungrouped_biased": cv(
        "alexnet.alexnet", input=(3, 227, 227), network="alexnet_ungrouped", knobs={"fc_bias": "true"}
    ),
    "ssd300": detector("ssd300", 21, input=(3, 300, 300)),
    "fast_r_cnn_vgg16": detector("two_stage", False, input=(3, 600, 800), knobs={"proposals": 1}),
    "faster_r_cnn_vgg16": detector("two_stage", True, input=(3, 600, 800), knobs={"proposals": 1}),
    "r_fcn": detector("RFCN", 7, 20, input=(3, 600, 1000)),
    "ssd300_coco": detector("ssd300", 91, input=(3, 300, 300), network="ssd300", knobs={"classes": 90}),
    "keras_vgg16_base_150": keras("VGG16", (3, 150, 150), options={"include_top": False}),
    "keras_xception_256_10": keras("Xception", (3, 256, 256), options={"classes": 10}),
    "nasnet_mobile": Source(
        "keras",
        "src.applications.nasnet.NASNet",
        options={
            "penultimate_filters": 1056,
            "num_blocks": 4,
            "stem_block_filters": 32,
            "skip_reduction": False,
            "filter_multiplier": 2,
            "default_size": 224,
        },
        order="any, because what runs first within a cell is not kept in a Keras model",
    ),
}

for suffix, alpha in {"": 1, "_alpha_075": 0.75, "_alpha_05": 0.5, "_alpha_025": 0.25}.items():
    SOURCES[f"mobilenet_v1{suffix}"] = keras(
        "MobileNet", options={"alpha": alpha}, network="mobilenet_v1", knobs={"alpha": alpha}
    )
for size in (192, 160, 128):
    SOURCES[f"mobilenet_v1_{size}"] = keras(
        "MobileNet", (3, size, size), network="mobilenet_v1", knobs={"rho": f"{size}/224"}
    )
for suffix, alpha in {
    "": 1,
    "_alpha_14": 1.4,
    "_alpha_075": 0.75,
    "_alpha_05": 0.5,
    "_alpha_035": 0.35,
    "_alpha_4": 4,
}.items():
    SOURCES[f"mobilenet_v2{suffix}"] = tv(
        "mobilenet_v2", options={"width_mult": alpha}, network="mobilenet_v2", knobs={"alpha": alpha}
    )
for number, size in enumerate((224, 240, 260, 300, 380, 456, 528, 600)):
    SOURCES[f"efficientnet_b{number}"] = tv(f"efficientnet_b{number}", input=(3, size, size))
for groups in (1, 2, 3, 4, 8):
    SOURCES[f"shufflenet_v1_g{groups}"] = cv(
        f"shufflenet.shufflenet_g{groups}_w1", network="shufflenet_v1", knobs={"g": groups}
    )
for factor, alpha in {"0_5": 0.5, "0_75": 0.75, "1_3": 1.3}.items():
    SOURCES[f"mnasnet_b1_alpha_{factor}"] = tv(f"mnasnet{factor}", network="mnasnet_b1", knobs={"alpha": alpha})
SOURCES["mnasnet_b1_alpha_4"] = tv("mnasnet.MNASNet", 4.0, network="mnasnet_b1", knobs={"alpha": 4})
SOURCES["mnasnet_a1_alpha_4"] = timm(
    "efficientnet._gen_mnasnet_a1", arguments=("semnasnet_100", 4.0), network="mnasnet_a1", knobs={"alpha": 4}
)
for depth in (20, 56, 110, 1202):
    cifar = cv(f"resnet_cifar.resnet{depth}_cifar10", input=CIFAR)
    SOURCES[f"resnet{depth}_cifar_b"] = replace(cifar, network=f"resnet{depth}_cifar", knobs={"option": "B"})
    SOURCES[f"resnet{depth}_cifar"] = replace(cifar, call="altered_cv.option_a", arguments=(depth,))
for factor in ("0_5", "1_0", "1_5", "2_0"):
    SOURCES[f"shufflenet_v2_x{factor}"] = tv(f"shufflenet_v2_x{factor}")

for depth in (20, 56):
    SOURCES[f"plain{depth}_cifar"] = Source("pytorchcv", "altered_cv.plain", arguments=(depth,), input=CIFAR)
for listing in (
    "lenet",
    "alexnet_oxflower17",
    "mnist_cnn",
    "mnist_cnn_as_scanned",
    "cats_dogs",
    "cats_dogs_dropout",
    "cats_dogs_dropout_tf",
    "vgg16_cats_dogs",
    "resnet50_cats_dogs",
    "resnet50_cifar100",
    "dense_softmax",
    "dense_toy",
    "se_sample",
    "residual_block",
    "bottleneck_block",
    "inverted_residual_block",
):
    SOURCES[f"keras_{listing}"] = Source("keras", f"listings.keras_{listing}", input=())
SOURCES["keras_vgg16_folders"] = Source("keras", "listings.keras_vgg16_folders", {"folders": 2}, input=())
SOURCES["keras_cifar_resnet_v1"] = Source("keras", "listings_cifar.resnet_v1", {"depth": 20}, input=())
SOURCES["keras_cifar_resnet_v2"] = Source("keras", "listings_cifar.resnet_v2", {"depth": 29}, input=())
for name, size, classes in (
    ("resnet50", 257, 10),
    ("densenet121", 250, 1000),
    ("googlenet", 239, 1000),
    ("googlenet_torchvision", 241, 7),
    ("inception_v3", 331, 1000),
    ("inception_v4", 333, 1000),
    ("resnext50_32x4d", 201, 1000),
    ("efficientnet_b0", 237, 1000),
    ("mnasnet_b1", 191, 1000),
    ("squeezenet1_1", 231, 17),
    ("shufflenet_v2_x1_0", 225, 1000),
    ("senet154", 235, 1000),
    ("se_resnet50", 241, 1000),
    ("wide_resnet50_2", 241, 1000),
    ("resnet18", 241, 1000),
    ("resnet50_keras", 241, 1000),
    ("resnet50_v2_keras", 241, 1000),
    ("preact_resnet50", 221, 1000),
    ("shufflenet_v1_g3", 221, 1000),
    ("squeezenet1_0", 233, 1000),
    ("alexnet_torchvision", 225, 1000),
    ("bn_inception", 225, 1000),
    ("inception_resnet_v2", 323, 1000),
    ("nasnet_large", 301, 1000),
    ("xception", 301, 1000),
):  # sizes that do not divide, other numbers of classes: the formulas, not the numbers of the papers
    source = SOURCES[name]
    knobs = {"resolution": size} | ({"classes": classes} if classes != 1000 else {})
    options = source.options | ({"num_classes": classes} if classes != 1000 else {})
    SOURCES[f"{name}_{size}"] = replace(
        source, input=(3, size, size), network=source.network or name, knobs=source.knobs | knobs, options=options
    )
for name in ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32"):
    SOURCES[name] = tv(name)
for name in ("convnext_tiny", "convnext_small", "convnext_base", "convnext_large", "swin_t", "swin_s", "swin_b"):
    SOURCES[name] = tv(name)
SOURCES["vit_h_14"] = tv("vision_transformer._vision_transformer", 14, 32, 16, 1280, 5120, None, False)
for name, word in {"deit_ti": "tiny", "deit_s": "small", "deit_b": "base"}.items():
    SOURCES[name] = timm(f"deit.deit_{word}_patch16_224")
for name in ("s_32", "s_16", "b_32", "b_16", "l_16"):
    SOURCES[f"mixer_{name}"] = timm(f"mlp_mixer.mixer_{name.replace('_', '')}_224")
SOURCES["bert_base"] = text("bert", 512)
SOURCES["bert_base_100"] = text("bert", 100, network="bert_base", knobs={"T": 100})
LARGE_BERT = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
SOURCES["bert_large"] = text("bert", 512, LARGE_BERT)
for name, (dim, depth, heads) in {"": (768, 12, 12), "_medium": (1024, 24, 16), "_large": (1280, 36, 20),
                                  "_xl": (1600, 48, 25)}.items():  # fmt: skip
    SOURCES[f"gpt2{name}"] = text("gpt2", 1024, {"n_embd": dim, "n_layer": depth, "n_head": heads})
SOURCES["gpt2_100"] = text("gpt2", 100, network="gpt2", knobs={"T": 100})
for name, (dim, depth, heads, kv, hidden, vocabulary, tied) in {
    "llama3_1b": (2048, 16, 32, 8, 8192, 128256, True),
    "tinyllama": (2048, 22, 32, 4, 5632, 32000, False),
    "llama3_8b": (4096, 32, 32, 8, 14336, 128256, False),
    "llama3_70b": (8192, 80, 64, 8, 28672, 128256, False),
    "llama2_7b": (4096, 32, 32, 32, 11008, 32000, False),
}.items():
    sizes = {"hidden_size": dim, "num_hidden_layers": depth, "num_attention_heads": heads, "num_key_value_heads": kv}
    SOURCES[name] = text("llama", 512, sizes | {"intermediate_size": hidden, "vocab_size": vocabulary,
                                                "tie_word_embeddings": tied})  # fmt: skip
    if name not in ("llama3_1b", "tinyllama"):  # which are networks of their own
        knobs = {"D": dim, "L": depth, "heads": heads, "kv_heads": kv, "hidden": hidden, "vocabulary": vocabulary}
        SOURCES[name] = replace(SOURCES[name], network="llama3_1b", knobs=knobs | {"tied": "false"})
for name in ("mobilenet_v3_large", "mobilenet_v3_small", "r3d_18", "mc3_18", "r2plus1d_18"):
    video = name.endswith("_18")
    SOURCES[name] = tv(f"video.{name}", input=(3, 16, 112, 112)) if video else tv(name)
for width in (0.5, 1.3):
    SOURCES[f"mobilenet_v3_large_alpha_{width}".replace(".", "_")] = tv(
        "mobilenet_v3_large", options={"width_mult": width}, network="mobilenet_v3_large", knobs={"alpha": width}
    )
for width in (18, 32, 48):
    SOURCES[f"hrnet_w{width}"] = timm(f"hrnet.hrnet_w{width}", order="any, because timm runs a branch with its fusion")
SOURCES["ghostnet"] = timm("ghostnet.ghostnet_100")
SOURCES["maxvit_t"] = tv("maxvit_t")
for flops, word in {"200mf": "002", "400mf": "004", "600mf": "006", "800mf": "008", "1_6gf": "016", "3_2gf": "032",
                    "4gf": "040", "6_4gf": "064", "8gf": "080", "12gf": "120", "16gf": "160", "32gf": "320",
                    "128gf": "1280"}.items():  # fmt: skip
    for letter in "xy" if flops != "128gf" else "y":
        name = f"regnet_{letter}_{flops}"
        SOURCES[name] = timm(
            f"regnet.regnet{letter}_{word}", device="cpu", order="any, because timm runs a unit before its shortcut"
        )
        if flops not in ("200mf", "600mf", "4gf", "6_4gf", "12gf"):  # which torchvision does not have
            SOURCES[f"{name}_torchvision"] = tv(name, device="cpu", network=name, knobs={"widths": "torchvision"})
for name, side in {"s": 384, "m": 480, "l": 480}.items():
    SOURCES[f"efficientnet_v2_{name}"] = tv(f"efficientnet_v2_{name}", input=(3, side, side))
for name in ("fcn_resnet50", "fcn_resnet101", "deeplab_v3_resnet50", "deeplab_v3_resnet101"):
    SOURCES[name] = tv(
        f"segmentation.{name.replace('_v3', 'v3')}", options={"weights_backbone": None}, input=(3, 520, 520)
    )
SOURCES["lstm_classifier"] = Source("torch", "recurrent.lstm", input=(256,))
SOURCES["residual_full_preactivation"] = cv("preresnet.preresnet18", part=("features.stage1.unit1",))
for name, (whole, part) in PARTS.items():
    SOURCES[name] = replace(SOURCES[whole], part=tuple(part.split()), network="", knobs={})
