"""Whether a prompt that has run used results that ComfyUI still had: then its peak is that of a part."""

from __future__ import annotations

from typing import AbstractSet, Any, Dict, Iterable, Optional, Sequence, Set

from .graph import Graph, Infos
from .nodes import NODES
from .signature import ON_GPU

MODELS = {"MODEL", "CLIP", "VAE", "CONTROL_NET", "CLIP_VISION", "STYLE_MODEL", "UPSCALE_MODEL", "LATENT_UPSCALE_MODEL", "SAMPLER", "SIGMAS", "GUIDER", "NOISE"}
"""What is made of it takes VRAM when it is used, not when a node gives it."""


def cached_in(messages: Iterable[Any]) -> Set[str]:
    """The nodes whose results were known when the prompt began, as ComfyUI tells them."""
    return {str(node) for event, data in messages if event == "execution_cached" for node in data.get("nodes", ())}


def is_partial(prompt: Dict[str, Any], cached: AbstractSet[str], info_of: Infos, outputs: Optional[Sequence[str]] = None) -> bool:
    """Whether one of the nodes that compute on the GPU did not have to."""
    if not cached:
        return False
    graph = Graph(prompt, info_of, outputs)
    return any(key in cached and computes(graph, key) for key in graph.live)


def computes(graph: Graph, node_id: str) -> bool:
    info = graph.info(node_id)
    if not set(info.outputs) - MODELS:
        return False
    return info.is_custom or bool(given_to(graph, node_id) & ON_GPU)


def is_given_gpu(prompt: Dict[str, Any], node_id: str, info_of: Infos) -> bool:
    """Whether a node is given what only a GPU works on, such as a model or a latent."""
    graph = Graph(prompt, info_of)
    return node_id in prompt and graph.kind(node_id) not in NODES and bool(given_to(graph, node_id) & ON_GPU)


def given_to(graph: Graph, node_id: str) -> Set[str]:
    """The types of what a node is given by others."""
    given = set()
    for source, slot in graph.links(node_id).values():
        types = graph.info(source).outputs
        given.add(types[slot] if slot < len(types) else "")
    return given
