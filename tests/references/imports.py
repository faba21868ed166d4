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
from pathlib import Path

import torch

from archcalc.core.errors import ArchcalcError
from archcalc.importers.importing import import_
from archcalc.importers.torch_graph import read, source
from archcalc.network import Network

FOLDER = Path(__file__).parents[2] / "reports" / "imports"
PAGE = FOLDER / "torch.md"


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
    """The first model of each file of timm, which is a family."""
    import timm

    for module in sorted(timm.list_modules()):
        names = timm.list_models(module=module)
        if names:
            name = min(names, key=lambda one: (len(one), one))
            config = timm.get_pretrained_cfg(name)
            shape = tuple(config.input_size) if config else (3, 224, 224)
            yield f"timm:{name}", lambda name=name: timm.create_model(name), shape


def built(make):
    try:
        with torch.device("meta"):
            return make()
    except (NotImplementedError, RuntimeError):
        return make()


def fact(make, shape, path):
    """What came of one import."""
    start = time.perf_counter()
    try:
        module = built(make)
        found = import_(lambda sizes: read(module, sizes), shape, path.partition(":")[2], source(path))
    except ArchcalcError as error:
        return {"error": str(error)}
    except Exception as error:
        return {"error": f"it cannot be built: {type(error).__name__}: {error}".partition("\n")[0]}
    seconds = time.perf_counter() - start
    network = Network(found.spec)
    totals = network.summary().totals
    return {"input": "x".join(map(str, shape)), "operations": found.layers, "lines": network.text.count("\n"),
            "knobs": list(network.knobs), "seconds": round(seconds, 1), "params": [totals.params, found.params],
            "mult_adds": [totals.mult_adds, found.mult_adds], "notes": list(found.notes)}  # fmt: skip


def verdict(found):
    """Whether an import is equal to its module, in words."""
    if "error" in found:
        return found["error"].replace("|", "/")[:160]
    ours, theirs = found["mult_adds"]
    if found["params"][0] != found["params"][1] or (None not in (ours, theirs) and ours != theirs):
        return f"differs: {found['params']}, {found['mult_adds']}"
    if ours is None:
        return next(note for note in found["notes"] if "not known" in note)
    return "equal" if theirs is not None else "equal in params; torch's counter fails"


HEAD = """\
# Torch modules as specs

Every network was imported by `archcalc import`, and its params and mult-adds were compared with the module's:
the parameters that its forward uses, and torch's FlopCounterMode halved, for one example on the meta device. A spec
with other numbers is refused. Written by `python -m references.imports torchvision` (and `timm`) in tests/.

**{equal} of {all} are equal**; in {knobs} the size of the input is a knob, each layer compared at a second size.
The median spec has {median} lines.

| module | input | operations | lines | size | seconds | |
|---|---|---:|---:|---|---:|---|
"""


def page():
    """The receipt."""
    facts = {
        path: found for file in sorted(FOLDER.glob("*.json")) for path, found in json.loads(file.read_text()).items()
    }
    lines = sorted(found["lines"] for found in facts.values() if "lines" in found)
    text = HEAD.format(
        equal=sum(verdict(found) == "equal" for found in facts.values()),
        all=len(facts),
        knobs=sum(bool(found.get("knobs")) for found in facts.values()),
        median=lines[len(lines) // 2],
    )
    for path, found in sorted(facts.items()):
        size = "knob" if found.get("knobs") else "fixed" if "lines" in found else ""
        cells = [
            path,
            *(found.get(key, "") for key in ("input", "operations", "lines")),
            size,
            found.get("seconds", ""),
        ]
        text += f"| {' | '.join(map(str, [*cells, verdict(found)]))} |\n"
    return text


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
