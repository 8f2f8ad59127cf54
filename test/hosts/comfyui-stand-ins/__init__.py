"""Nodes that templates name and this ComfyUI lacks, as the templates describe them (stand-ins.json). None of them can run."""

import json
import pathlib


def stand_in(told):
    def run(self, **given):
        raise RuntimeError("a stand-in, declared from a template's description: it can be described, not run")

    inputs = classmethod(lambda cls: told["inputs"])
    outputs = {"RETURN_TYPES": tuple(told["types"]), "RETURN_NAMES": tuple(told["names"])}
    return type("StandIn", (), {"CATEGORY": "test", "FUNCTION": "run", "INPUT_TYPES": inputs, "run": run, **outputs})


described = json.loads(pathlib.Path(__file__).with_name("stand-ins.json").read_text(encoding="utf-8"))
NODE_CLASS_MAPPINGS = {name: stand_in(told) for name, told in described.items()}
