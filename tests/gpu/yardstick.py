#!/usr/bin/env python3
"""One LoRA training step by transformers and PEFT, on the same random rows and with the same matrices as `lwb bench train`.

Takes the options of `lwb bench train` and prints the same figures as one JSON line. A frozen base in nf4 needs bitsandbytes.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import transformers
from peft import LoraConfig, get_peft_model

# By the names of `lwb bench train --shape`; anything else is a folder with a config.json.
SHAPES = {
    "gpt2": lambda: transformers.GPT2Config(),
    "gpt2-medium": lambda: transformers.GPT2Config(n_layer=24, n_embd=1024, n_head=16),
    "llama-3.2-1b": lambda: transformers.LlamaConfig(
        hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
        head_dim=64, vocab_size=128256, max_position_embeddings=131072, rms_norm_eps=1e-5, rope_theta=500000.0,
        tie_word_embeddings=True),
    "llama-3-8b": lambda: transformers.LlamaConfig(
        hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8,
        vocab_size=128256, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=500000.0),
}
LLAMA = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj", "gate": "gate_proj", "up": "up_proj", "down": "down_proj"}
# q, k and v are one matrix in GPT-2, which PEFT adapts as a whole.
GPT2 = {"q": "c_attn", "k": "c_attn", "v": "c_attn", "o": "attn.c_proj", "up": "c_fc", "down": "mlp.c_proj"}


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", required=True)
    parser.add_argument("--targets", default="q,v")
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--seq-len", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--dtype", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--base-dtype", default="", choices=["", "int8", "nf4"])
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


def in_four_or_eight_bits(model, how, dtype, device):
    """The linear layers but the head, as bitsandbytes keeps them."""
    import bitsandbytes

    def convert(module):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Linear) and name != "lm_head":
                if how == "nf4":
                    quantized = bitsandbytes.nn.Linear4bit(child.in_features, child.out_features, child.bias is not None,
                                                           compute_dtype=dtype, compress_statistics=True, quant_type="nf4")
                    quantized.weight = bitsandbytes.nn.Params4bit(child.weight.data.cpu(), requires_grad=False,
                                                                  quant_type="nf4", compress_statistics=True)
                else:
                    quantized = bitsandbytes.nn.Linear8bitLt(child.in_features, child.out_features, child.bias is not None,
                                                             has_fp16_weights=False)
                    quantized.weight = bitsandbytes.nn.Int8Params(child.weight.data.cpu(), requires_grad=False)
                setattr(module, name, quantized.to(device))
            else:
                convert(child)

    convert(model)


def main():
    a = options()
    device = torch.device(a.device)
    dtype = torch.bfloat16 if a.dtype == "bf16" else torch.float32
    if a.base_dtype:
        try:
            import bitsandbytes  # noqa: F401
        except ImportError:
            print("bitsandbytes is not installed, so there is no such base to compare with", file=sys.stderr)
            print(json.dumps({"tokens_per_second": None, "peak_memory_bytes": None}))
            return
    config = SHAPES[a.shape]() if a.shape in SHAPES else transformers.AutoConfig.from_pretrained(a.shape)
    torch.manual_seed(1)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    with device:
        model = transformers.AutoModelForCausalLM.from_config(config)
    torch.set_default_dtype(before)
    model.config.use_cache = False
    if a.base_dtype:
        in_four_or_eight_bits(model, a.base_dtype, dtype, device)
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
    names = GPT2 if config.model_type == "gpt2" else LLAMA
    targets = sorted({names[kind] for kind in a.targets.split(",")})
    model = get_peft_model(model, LoraConfig(r=a.rank, lora_alpha=8 * a.rank, lora_dropout=0.0, target_modules=targets,
                                             fan_in_fan_out=config.model_type == "gpt2", task_type="CAUSAL_LM"))
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0)
    ids = torch.randint(0, config.vocab_size, (a.batch_size, a.seq_len), device=device)

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=a.dtype == "bf16"):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()

    for _ in range(3 if device.type == "cuda" else 1):
        step()
    times = []
    for _ in range(a.steps):
        wait()
        begin = time.perf_counter()
        step()
        wait()
        times.append(time.perf_counter() - begin)
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated()
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    median = statistics.median(times)
    print(json.dumps({"tokens_per_second": ids.numel() / median, "step_ms": 1000 * median, "peak_memory_bytes": peak,
                      "transformers": transformers.__version__, "torch": torch.__version__}))


main()
