"""Writes a tiny llama with fixed random weights: it says nonsense, for as many tokens as it is asked."""

import sys

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, INNER = 64, 2, 4, 128
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

BYTES = [f"<0x{value:02X}>" for value in range(256)]
WORDS = [f"▁word{number}" for number in range(252)]
TOKENS = ["<unk>", "<s>", "</s>", *BYTES, "▁", *WORDS]
KINDS = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * len(BYTES), *[NORMAL] * (1 + len(WORDS))]


def write(path: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    file = gguf.GGUFWriter(path, "llama")
    file.add_name("tiny")
    file.add_context_length(65536)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_vocab_size(len(TOKENS))
    file.add_tokenizer_model("llama")
    file.add_token_list(TOKENS)
    file.add_token_scores([0.0] * len(TOKENS))
    file.add_token_types(KINDS)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_unk_token_id(0)

    def weights(name: str, *shape: int) -> np.ndarray:
        tensor = (random.standard_normal(shape) * 0.05).astype(np.float32)
        file.add_tensor(name, tensor)
        return tensor

    def ones(name: str) -> None:
        file.add_tensor(name, np.ones(WIDTH, np.float32))

    weights("token_embd.weight", len(TOKENS), WIDTH)
    ones("output_norm.weight")
    output = (random.standard_normal((len(TOKENS), WIDTH)) * 0.05).astype(np.float32)
    # Bytes alone would make no text, and an end would come by chance: greedily neither is ever the best.
    output[: len(TOKENS) - len(WORDS)] = 0
    file.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        ones(f"blk.{layer}.attn_norm.weight")
        ones(f"blk.{layer}.ffn_norm.weight")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        weights(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        weights(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        weights(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


for number, name in enumerate(sys.argv[1:]):
    write(name, number)
