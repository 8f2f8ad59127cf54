"""What the first bytes of a model's file tell of its weights. The weights themselves are not read."""

from __future__ import annotations

import json
import struct
from typing import BinaryIO, Dict, Optional

LARGEST_HEADER_BYTES = 8 * 1024 * 1024
"""Those of models have some hundred kilobytes, and nothing else runs while one is read."""
MOST_KEYS = 1000

NAMES = {"F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8_e4m3fn", "F8_E5M2": "fp8_e5m2", "I8": "int8", "U8": "uint8"}
# https://github.com/ggml-org/llama.cpp, include/llama.h: llama_ftype
GGUF_TYPES = {0: "fp32", 1: "fp16", 2: "q4_0", 3: "q4_1", 7: "q8_0", 8: "q5_0", 9: "q5_1", 10: "q2_k", 11: "q3_k_s", 12: "q3_k_m", 13: "q3_k_l"}
GGUF_TYPES.update({14: "q4_k_s", 15: "q4_k_m", 16: "q5_k_s", 17: "q5_k_m", 18: "q6_k", 32: "bf16"})
# https://github.com/ggml-org/ggml, docs/gguf.md: bytes of the values that have always the same length, by type.
LENGTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, LIST, U32 = 8, 9, 4


def read_dtype(path: str) -> Optional[str]:
    """``None``: another kind of file, one that is broken, or one that does not tell."""
    read = {".safetensors": of_safetensors, ".sft": of_safetensors, ".gguf": of_gguf}.get(path[path.rfind(".") :].lower())
    if read is None:
        return None
    try:
        with open(path, "rb") as file:
            return read(file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return None


def of_safetensors(file: BinaryIO) -> Optional[str]:
    """What most bytes are of."""
    size = int.from_bytes(file.read(8), "little")
    if not 2 <= size <= LARGEST_HEADER_BYTES:
        return None
    bytes_of: Dict[str, int] = {}
    for name, tensor in json.loads(file.read(size)).items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            bytes_of[str(tensor["dtype"])] = bytes_of.get(str(tensor["dtype"]), 0) + end - begin
    return NAMES.get(max(bytes_of, key=lambda dtype: bytes_of[dtype])) if bytes_of else None


def of_gguf(file: BinaryIO) -> Optional[str]:
    """What its maker calls it, as ``q4_k_m``."""
    if file.read(4) != b"GGUF" or number(file, "<I") < 2:
        return None
    file.read(8)
    for _ in range(min(number(file, "<Q"), MOST_KEYS)):
        key, kind = text(file), number(file, "<I")
        if key == b"general.file_type":
            return GGUF_TYPES.get(number(file, "<I")) if kind == U32 else None
        skip(file, kind)
    return None


def number(file: BinaryIO, how: str) -> int:
    told: int = struct.unpack(how, file.read(struct.calcsize(how)))[0]
    return told


def text(file: BinaryIO) -> bytes:
    length = number(file, "<Q")
    if length > LARGEST_HEADER_BYTES:
        raise ValueError("too long")
    return file.read(length)


def skip(file: BinaryIO, kind: int) -> None:
    if kind == TEXT:
        text(file)
    elif kind == LIST:
        of, count = number(file, "<I"), number(file, "<Q")
        if count > LARGEST_HEADER_BYTES or of == LIST:
            raise ValueError("not read")
        if of != TEXT:
            file.seek(LENGTHS[of] * count, 1)
        else:
            for _ in range(count):
                text(file)
    else:
        file.seek(LENGTHS[kind], 1)
