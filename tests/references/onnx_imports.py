"""Writes reports/imports/onnx.md: networks exported to ONNX and imported, compared with torch's own count.

In tests/: `python -m references.onnx_imports torchvision FOLDER` (or timm), where the library, onnx and onnxscript are
installed. The files are written into FOLDER, without weights. A network that the receipt has as equal is not imported
again, so that an interrupted run goes on. Torch's counts are those of the receipts of `references.imports`.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import torch
from references.imports import FOLDER, built, timm_networks, torchvision_networks, verdict

from archcalc.core.errors import ArchcalcError
from archcalc.importers.files import of_file
from archcalc.network import Network

FACTS = FOLDER / "onnx"
PAGE = FOLDER / "onnx.md"
LEARNED = "pkg.torch.export.graph_signature.InputSpec.kind"


def export(make, shape, file):
    """A file of the module as torch writes it, not optimised; its tensors are said to be in another file."""
    import onnx_ir

    module = built(make).to("meta").eval()
    data = torch.empty(1, *shape, device="meta")
    model = torch.onnx.export(module, (data,), dynamo=True, optimize=False, verbose=False).model
    for value in model.graph.initializers.values():
        if value.metadata_props.get(LEARNED):
            held = value.const_value
            value.const_value = onnx_ir.ExternalTensor(
                "missing.data", 0, held.nbytes, held.dtype, shape=held.shape, name=value.name
            )
    onnx_ir.save(model, file)


def fact(make, shape, file, counted):
    """What came of one import."""
    try:
        if not file.exists():
            export(make, shape, file)
    except Exception as error:
        return {"error": f"torch cannot export it: {type(error).__name__}: {error}".partition("\n")[0][:200]}
    start = time.process_time()
    try:
        found = of_file(str(file))
    except ArchcalcError as error:
        return {"error": str(error).replace(str(file), file.name)}
    seconds = time.process_time() - start
    network = Network(found.spec)
    totals = network.summary().totals
    theirs = {name: (counted.get(name) or [None, None])[1] for name in ("params", "mult_adds")}
    return {"input": "x".join(map(str, shape)), "operations": found.layers, "lines": network.text.count("\n"),
            "knobs": list(network.knobs), "seconds": round(seconds, 1), "params": [totals.params, theirs["params"]],
            "mult_adds": [totals.mult_adds, theirs["mult_adds"]], "notes": list(found.notes)}  # fmt: skip


HEAD = """\
# Files of ONNX as specs

Every network was exported by torch {torch} (`torch.onnx.export`, dynamo, not optimised), without its weights; the file
was imported by `archcalc import`, and its params and mult-adds were compared with those that torch counts in the module
([torch.md](torch.md)). Written by `python -m references.onnx_imports torchvision FOLDER` (and `timm`) in tests/.

**{equal} of {all} are equal**; in {knobs} the size of the input is a knob. The median spec has {median} lines, and the
median file takes {seconds} s of a processor.

| module | input | operations | lines | size | seconds | |
|---|---|---:|---:|---|---:|---|
"""


def facts():
    """All that was found, by the path of the module."""
    return {path: one for file in sorted(FACTS.glob("*.json")) for path, one in json.loads(file.read_text()).items()}


def page():
    """The receipt."""
    found = facts()
    read = [one for one in found.values() if "lines" in one]
    middle = {name: sorted(one[name] for one in read)[len(read) // 2] for name in ("lines", "seconds")}
    text = HEAD.format(
        torch="2.13",
        equal=sum(verdict(one) == "equal" for one in found.values()),
        all=len(found),
        knobs=sum(bool(one.get("knobs")) for one in read),
        median=middle["lines"],
        seconds=middle["seconds"],
    )
    for path, one in sorted(found.items()):
        size = "knob" if one.get("knobs") else "fixed" if "lines" in one else ""
        cells = [path, *(one.get(key, "") for key in ("input", "operations", "lines")), size, one.get("seconds", "")]
        text += f"| {' | '.join(map(str, [*cells, verdict(one)]))} |\n"
    return text


def main(library, folder):
    FACTS.mkdir(exist_ok=True)
    Path(folder).mkdir(exist_ok=True)
    counted = json.loads((FOLDER / f"{library}.json").read_text())
    file = FACTS / f"{library}.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    for path, make, shape in {"torchvision": torchvision_networks, "timm": timm_networks}[library]():
        if path in found and verdict(found[path]) == "equal":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = Path(folder) / f"{path.replace(':', '.')}.onnx"
            found[path] = fact(make, shape, one, counted.get(path, {}))
        file.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")
        PAGE.write_text(page())
        print(path, verdict(found[path]), found[path].get("lines"), found[path].get("seconds"), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
