"""How large the pictures of a prompt are, without making them: by file headers, and by what each node does to a size."""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, Union

from .graph import Graph, Unknown, Value


class Picture(NamedTuple):
    """Of a film the frames, or why they are not known; of a picture 1."""

    width: int
    height: int
    frames: Union[int, Unknown] = 1


Size = Union[Picture, Unknown]
FilesSize = Callable[[str], Optional[Tuple[int, int, Optional[int]]]]
"""Width, height and frames of a file of the input folder, by its header; ``None``: it cannot be told."""

LOADERS = {"LoadImage": "image", "LoadImageMask": "image", "LoadImageOutput": "image", "LoadVideo": "file"}
# https://github.com/Comfy-Org/ComfyUI, nodes_flux.py: the sizes among which FluxKontextImageScale chooses.
KONTEXT = [(672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104), (1024, 1024)]


class Pictures:
    """Sizes of what a link brings."""

    def __init__(self, graph: Graph, size_of_file: FilesSize) -> None:
        self._graph = graph
        self._size_of_file = size_of_file
        self._depth = 0
        self._known: Dict[str, Size] = {}
        graph.side_of_picture = lambda node_id, slot: side_of(self.of(node_id, "image"), slot)

    def of(self, node_id: str, name: str) -> Size:
        """The picture at an input."""
        link = self._graph.link(self._graph.inputs(node_id).get(name))
        if link is None:
            return Unknown("missing", name)
        if self._depth > 60:
            return Unknown("circle", self._graph.kind(link[0]))
        self._depth += 1
        try:
            return self.made_by(link[0])
        finally:
            self._depth -= 1

    def _number(self, node_id: str, name: str) -> Union[float, Unknown]:
        value: Value = self._graph.value(node_id, name)
        if isinstance(value, Unknown):
            return value
        is_side = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST
        return float(str(value)) if is_side else Unknown("node", self._graph.kind(node_id))

    def made_by(self, node_id: str) -> Size:
        """What a node makes. Each is asked once: of two ways behind each other the number of ways doubles."""
        if node_id not in self._known:
            try:
                self._known[node_id] = self._made_by(node_id)
            except (ArithmeticError, ValueError):  # Nothing by nothing, as nobody means it.
                self._known[node_id] = Unknown("node", self._graph.kind(node_id))
        return self._known[node_id]

    def _made_by(self, node_id: str) -> Size:
        graph = self._graph
        kind = graph.kind(node_id)
        if kind in LOADERS:
            name = graph.value(node_id, LOADERS[kind])
            found = self._size_of_file(name) if isinstance(name, str) else None
            if found is None:
                return Unknown("video" if kind == "LoadVideo" else "file", str(name) if isinstance(name, str) else kind)
            return Picture(found[0], found[1], Unknown("video", str(name)) if found[2] is None else found[2])
        if kind in ("ComfySwitchNode", "ComfySoftSwitchNode"):
            chosen = graph.value(node_id, "switch")
            return chosen if isinstance(chosen, Unknown) else self.of(node_id, "on_true" if chosen else "on_false")
        if kind in GEOMETRY:
            return self._rendered(node_id, kind)
        if kind in ENCODERS:
            return self._encoded(node_id)
        source = self._only_source(node_id)
        if kind in COUNTS and not isinstance(source, Unknown):
            return source._replace(frames=self._counted(node_id, kind, source.frames))
        if kind in SCALING and not isinstance(source, Unknown):
            return self._scaled(node_id, kind, source)
        for names in (("target_width", "target_height"), ("width", "height")):
            if all(name in graph.inputs(node_id) for name in names):
                return self._fixed(node_id, names, source)
        if kind in FREE or (kind == "ImageStitch" and "image2" in graph.links(node_id)):
            return Unknown("node", kind)
        return source

    def _fixed(self, node_id: str, names: Tuple[str, str], source: Size) -> Size:
        """A node that is told the size; 0 keeps the proportions."""
        width, height = (self._number(node_id, name) for name in names)
        if isinstance(width, Unknown) or isinstance(height, Unknown):
            return width if isinstance(width, Unknown) else height if isinstance(height, Unknown) else Unknown("none")
        if width > 0 and height > 0:
            return Picture(int(width), int(height), self.frames_of(node_id, source))
        if isinstance(source, Unknown) or width == height:
            return source
        if width == 0:
            return source._replace(width=max(1, round(source.width * height / source.height)), height=int(height))
        return source._replace(width=int(width), height=max(1, round(source.height * width / source.width)))

    def _rendered(self, node_id: str, kind: str) -> Size:
        """What is drawn of a geometry has the size of the picture from which that was made."""
        link = self._graph.link(self._graph.inputs(node_id).get(GEOMETRY[kind][0]))
        if link is None or self._graph.kind(link[0]) != GEOMETRY[kind][1]:
            return Unknown("node", kind)
        return self.of(link[0], "image")

    def _encoded(self, node_id: str) -> Size:
        """The empty latent that an encoder makes: of its first picture, scaled to about resolution × resolution; 0 does not scale."""
        resolution = self._number(node_id, "resolution")
        if isinstance(resolution, Unknown):
            return resolution
        pictures = [name for name in self._graph.links(node_id) if GROWING.match(name)]
        if not pictures:
            side = int(resolution) or 1024
            return Picture(side, side)
        source = self.of(node_id, min(pictures, key=lambda name: int(name.rsplit("_", 1)[1])))
        if isinstance(source, Unknown):
            return source
        scaled = by_total(source, (resolution * resolution or source.width * source.height) / (1024 * 1024), 32)
        return Picture(max(32, scaled.width), max(32, scaled.height))

    def _counted(self, node_id: str, kind: str, frames: Union[int, Unknown]) -> Union[int, Unknown]:
        """How many are left of a film, or become of a picture."""
        if kind == "Video Slice":
            start, duration = self._number(node_id, "start_time"), self._number(node_id, "duration")
            # In seconds; how many frames these are is not read.
            return frames if start == 0 and duration == 0 else Unknown("node", kind)
        if kind == "RepeatImageBatch":
            amount = self._number(node_id, "amount")
            if isinstance(frames, Unknown) or isinstance(amount, Unknown):
                return frames if isinstance(frames, Unknown) else amount
            return frames * int(amount)
        if kind != "ImageFromBatch":
            return Unknown("node", kind)
        first, length = self._number(node_id, "batch_index"), self._number(node_id, "length")
        if isinstance(frames, Unknown) or isinstance(first, Unknown):
            return frames if isinstance(frames, Unknown) else first
        if isinstance(length, Unknown):
            return length
        first = max(0, min(frames - 1, int(first) + (frames if first < 0 else 0)))
        return min(frames - first, int(length))

    def _by_model(self, node_id: str, source: Picture) -> Size:
        """An upscaler whose factor is in the name of its model."""
        graph = self._graph
        link = graph.link(graph.inputs(node_id).get("upscale_model"))
        names = [] if link is None else [str(one) for one in graph.inputs(link[0]).values()]
        found = next((match for match in map(BY_MODEL.search, names) if match), None)
        return Unknown("node", graph.kind(node_id)) if found is None else scale(source, "by", float(found[1] or found[2]))

    def frames_of(self, node_id: str, source: Size) -> Union[int, Unknown]:
        """How many frames a node makes; 1 is a picture."""
        name = next((one for one in LENGTHS if one in self._graph.inputs(node_id)), None)
        if name is None:
            if isinstance(source, Unknown):
                # A film that is scaled to a known size has a number of frames all the same.
                return source if source.why == "video" else 1
            return source.frames
        length = self._number(node_id, name)
        return length if isinstance(length, Unknown) else int(length)

    def _only_source(self, node_id: str) -> Size:
        """The one picture, film or latent that is linked: most nodes keep its size."""
        graph = self._graph
        kinds = {"IMAGE", "VIDEO", "LATENT", "MASK", "COMFY_MATCHTYPE_V3", "*"}
        found = []
        for name, (source, slot) in graph.links(node_id).items():
            outputs = graph.info(source).outputs
            if slot < len(outputs) and str(outputs[slot]) in kinds:
                found.append((name, str(outputs[slot])))
        pictures = [name for name, kind in found if kind != "MASK"] or [name for name, _ in found]
        first = next((name for name in SOURCES if name in pictures), None)
        if first is None and len(pictures) == 1:
            first = pictures[0]
        return Unknown("node", graph.kind(node_id)) if first is None else self.of(node_id, first)

    def _scaled(self, node_id: str, kind: str, source: Picture) -> Size:
        how, prefix = SCALING[kind], ""
        if kind == "ResizeImageMaskNode":
            told = self._graph.value(node_id, "resize_type")
            how, prefix = RESIZE_TYPES.get(str(told), ("", "")), "resize_type."
        if how[0] == "dimensions":
            return self._fixed(node_id, (prefix + "width", prefix + "height"), source)
        if how[0] == "match":
            return self.of(node_id, prefix + "match")
        if how[0] == "kontext":
            ratio = source.width / source.height
            both = KONTEXT + [(height, width) for width, height in reversed(KONTEXT[:-1])]
            width, height = min(both, key=lambda size: abs(ratio - size[0] / size[1]))
            return source._replace(width=width, height=height)
        if how[0] == "pad":
            left, top, right, bottom = (self._number(node_id, side) for side in ("left", "top", "right", "bottom"))
            if isinstance(left, Unknown) or isinstance(top, Unknown) or isinstance(right, Unknown) or isinstance(bottom, Unknown):
                return Unknown("node", kind)
            return source._replace(width=source.width + int(left + right), height=source.height + int(top + bottom))
        if how[0] == "model":
            return self._by_model(node_id, source)
        number = self._number(node_id, prefix + how[1])
        if isinstance(number, Unknown) or not how[0]:
            return number if isinstance(number, Unknown) else Unknown("node", kind)
        if how[0] == "megapixels":
            step = self._number(node_id, "resolution_steps")
            return by_total(source, number, 1 if isinstance(step, Unknown) else step)
        return scale(source, how[0], number)


MOST = 1_000_000
"""No side, length or factor is larger."""
LENGTHS = ("length", "num_frames", "video_frames", "frames", "frame_count", "num_video_frames")
BY_MODEL = re.compile(r"(?:(?<![a-z])x(\d(?:\.\d)?)(?![\d])|(?<![\d.])(\d)x(?![a-z\d]))", re.IGNORECASE)
SOURCES = ("image", "images.image0", "image1", "pixels", "input", "video", "samples", "latent_image", "video_latent", "latent")
SCALING = {
    "ImageScaleBy": ("by", "scale_by"),
    "LatentUpscaleBy": ("by", "scale_by"),
    "ImageScaleToTotalPixels": ("megapixels", "megapixels"),
    "ImageScaleToMaxDimension": ("longer", "largest_size"),
    "ResizeImagesByLongerEdge": ("longer", "longer_edge"),
    "ResizeImagesByShorterEdge": ("shorter", "shorter_edge"),
    "FluxKontextImageScale": ("kontext", ""),
    "LTXVLatentUpsampler": ("model", ""),
    "ImageUpscaleWithModel": ("model", ""),
    "ImagePadForOutpaint": ("pad", ""),
    "ResizeImageMaskNode": ("", ""),
}
RESIZE_TYPES = {
    "scale by multiplier": ("by", "multiplier"),
    "scale dimensions": ("dimensions", ""),
    "scale longer dimension": ("longer", "longer_size"),
    "scale shorter dimension": ("shorter", "shorter_size"),
    "scale width": ("width", "width"),
    "scale height": ("height", "height"),
    "scale total pixels": ("megapixels", "megapixels"),
    "match size": ("match", ""),
    "scale to multiple": ("multiple", "multiple"),
}
# What makes the picture of a geometry: the input that brings it, and what makes geometries as large as their picture.
GEOMETRY = {"DA3Render": ("da3_geometry", "DA3Inference"), "MoGeRender": ("moge_geometry", "MoGeInference")}
# https://github.com/Comfy-Org/ComfyUI, nodes_qwen.py: text and pictures go in, and beside what they mean an empty latent comes out.
ENCODERS = {"TextEncodeQwenImage21"}
GROWING = re.compile(r"images\.image_\d{1,3}$")
# They keep the size, and change how many there are.
COUNTS = {"ImageFromBatch", "Video Slice", "BatchImagesNode", "ImageBatch", "RepeatImageBatch", "ImageRebatch"}
# What they make has a size of its own.
FREE = {"ImageCropV2", "ImageCrop", "Load3D", "RenderSplat", "RenderUVAtlas", "Painter", "GLSLShader"}


def scale(source: Picture, how: str, number: float) -> Picture:
    width, height = source.width, source.height
    if how == "by":
        return source._replace(width=round(width * number), height=round(height * number))
    if how == "multiple":
        step = int(number)
        fits = step > 1 and width >= step and height >= step
        return source._replace(width=width // step * step, height=height // step * step) if fits else source
    longer = width if width >= height else height
    side = {"longer": longer, "shorter": min(width, height), "width": width, "height": height}[how]
    # As ComfyUI does it: the other side is rounded by itself.
    if side == width:
        return source._replace(width=int(number), height=max(1, round(height / width * number)))
    return source._replace(width=max(1, round(width / height * number)), height=int(number))


def by_total(source: Picture, megapixels: float, step: float) -> Picture:
    by = math.sqrt(megapixels * 1024 * 1024 / (source.width * source.height))
    width, height = (int(round(side * by / step) * step) for side in (source.width, source.height))
    return source._replace(width=width, height=height)


def side_of(size: Size, slot: int) -> Any:
    """What ``GetImageSize`` gives: width, height, and how many pictures."""
    if isinstance(size, Unknown):
        return size
    return (size.width, size.height, size.frames)[slot] if slot < 3 else Unknown("none")
