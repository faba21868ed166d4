"""Writes reports/imports/torch.md: every network of a library imported, and compared with torch's own count.

In tests/: `python -m references.imports torchvision` or `timm`, where that library is installed. A network that the
receipt has already is not imported again, so that an interrupted run goes on.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib import import_module
from inspect import getsourcelines
from pathlib import Path
from statistics import median_high as median

import torch

from archcalc.core.errors import ArchcalcError
from archcalc.importers.importing import STEP, as_spec, import_
from archcalc.importers.torch.graph import read
from archcalc.importers.torch.module import counted, evaluated, source
from archcalc.network import Network

FOLDER = Path(__file__).parents[2] / "reports" / "imports"
PAGE = FOLDER / "torch.md"
MEDIANS = ("lines", "source", "seconds")
FURTHER = 3 * STEP  # by how much larger another input is, at which the totals are compared, too


def torchvision_networks():
    """Every model of classification, segmentation and video, with its input."""
    from torchvision import models

    for name in models.list_models(models):
        yield f"torchvision.models:{name}", lambda name=name: models.get_model(name, weights=None), _sizes(name)
    for folder in (models.segmentation, models.video):
        for name in models.list_models(folder):
            shape = (3, 224, 224) if folder is models.segmentation else (3, 16, 224, 224)
            make = models.get_model_builder(name)
            options = {"weights_backbone": None} if folder is models.segmentation else {}
            yield f"{folder.__name__}:{name}", lambda m=make, o=options: m(weights=None, **o), shape


def _sizes(name):
    return (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


def timm_networks():
    """Some models of each file of timm, which is a family: three, and one more for every twenty that it has."""
    import timm

    for module in sorted(timm.list_modules()):
        for name in spread(sorted(timm.list_models(module=module))):
            config = timm.get_pretrained_cfg(name)
            shape = tuple(config.input_size) if config else (3, 224, 224)
            yield f"timm:{name}", lambda name=name: timm.create_model(name), shape


def spread(names):
    """Some of the names, from the first to the last, at equal distances."""
    last, steps = len(names) - 1, 2 + len(names) // 20
    return [*dict.fromkeys(names[step * last // steps] for step in range(steps + 1))] if names else []


def built(make):
    try:
        with torch.device("meta"):
            return make()
    except (NotImplementedError, RuntimeError):
        return make()


def fact(make, shape, path):
    """What came of one import."""
    try:
        module = built(make)
    except Exception as error:
        return {"error": f"it cannot be built: {type(error).__name__}: {error}".partition("\n")[0]}
    start = time.process_time()
    try:
        found = import_(lambda sizes: read(module, sizes), shape, path.partition(":")[2], source(path))
    except ArchcalcError as error:
        return {"error": str(error)}
    seconds = time.process_time() - start
    network = Network(found.spec)
    totals = network.summary().totals
    return {"input": "x".join(map(str, shape)), "operations": found.layers, "lines": network.text.count("\n"),
            "source": lines_of(module), "knobs": list(network.knobs), "seconds": round(seconds, 1),
            "params": [totals.params, found.params], "mult_adds": [totals.mult_adds, found.mult_adds],
            "others": at_another_size(network, module, shape, path), "notes": list(found.notes)}  # fmt: skip


def lines_of(module):
    """The lines of the classes of which a module is made, without those of torch."""
    kinds = {type(part) for part in module.modules()}
    return sum(len(getsourcelines(kind)[0]) for kind in kinds if not kind.__module__.startswith("torch."))


def at_another_size(network, module, shape, path):
    """The mult-adds in archcalc and of the module at a size at which the importer compared nothing, if it runs there.

    Where the size is fixed, the module is imported again.
    """
    further = FURTHER if network.knobs else STEP
    larger = (shape[0], *(size + further for size in shape[1:]))
    if network.knobs:
        settings = {name: knob.default + further for name, knob in network.knobs.items()}
        with evaluated(torch, module) as on_meta:
            theirs = counted(torch, on_meta, larger, "float32")
    else:
        try:
            imported = read(module, larger)
        except ArchcalcError:
            return {}
        network, settings, theirs = Network(as_spec(imported, {"net": path})[1]), {}, imported.mult_adds
    return {"x".join(map(str, larger)): [network.summary(**settings).totals.mult_adds, theirs]} if theirs else {}


def verdict(found):
    """Whether an import is equal to its module, in words."""
    if "error" in found:
        return found["error"].replace("|", "/")[:160]
    ours, theirs = found["mult_adds"]
    if found["params"][0] != found["params"][1] or (None not in (ours, theirs) and ours != theirs):
        return f"differs: {found['params']}, {found['mult_adds']}"
    if others := {size: pair for size, pair in found.get("others", {}).items() if len({*pair}) > 1}:
        return f"differs at {others}"
    if ours is None:
        return next(note for note in found["notes"] if "not known" in note)
    return "equal" if theirs is not None else "equal in params; torch's counter fails"


HEAD = """\
# Torch modules as specs

Every network was imported by `archcalc import`, and its params and mult-adds were compared with the module's:
the parameters that its forward uses, and torch's FlopCounterMode halved, for one example on the meta device. A spec
with other numbers is refused. Written by `python -m references.imports torchvision` (and `timm`) in tests/.

**{equal} of {all} are equal**; in {knobs} the size of the input is a knob, each layer compared at a second size.
The median spec has {lines} lines, where the classes of the module have {source} ("source", without those of torch).
An import takes {seconds} seconds of a processor in the median. "Also at" names another size at which the totals are
equal to torch's count: with the knob, or, where the size is fixed, in another import.

| module | input | operations | lines | source | size | also at | seconds | |
|---|---|---:|---:|---:|---|---|---:|---|
"""


def page():
    """The receipt."""
    facts = {
        path: found for file in sorted(FOLDER.glob("*.json")) for path, found in json.loads(file.read_text()).items()
    }
    text = HEAD.format(
        equal=sum(verdict(found) == "equal" for found in facts.values()),
        all=len(facts),
        knobs=sum(bool(found.get("knobs")) for found in facts.values()),
        **{key: median([found[key] for found in facts.values() if key in found]) for key in MEDIANS},
    )
    return text + "".join(f"| {' | '.join(map(str, row(path, found)))} |\n" for path, found in sorted(facts.items()))


def row(path, found):
    """The cells of a network."""
    yield path
    yield from (found.get(key, "") for key in ("input", "operations", "lines", "source"))
    yield ("knob" if found["knobs"] else "fixed") if "knobs" in found else ""
    yield ", ".join(found.get("others", {}))
    yield found.get("seconds", "")
    yield verdict(found)


def main(library):
    FOLDER.mkdir(exist_ok=True)
    import_module(library)
    file = FOLDER / f"{library}.json"
    facts = json.loads(file.read_text()) if file.exists() else {}
    for path, make, shape in {"torchvision": torchvision_networks, "timm": timm_networks}[library]():
        if path in facts:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            facts[path] = fact(make, shape, path)
        file.write_text(json.dumps(dict(sorted(facts.items())), indent=1) + "\n")
        PAGE.write_text(page())
        print(path, verdict(facts[path]), facts[path].get("lines"), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
