#!/usr/bin/env python3
"""The measurements of tests/gpu/run as one table: medians over the rounds, ours beside transformers + PEFT."""
import json
import statistics
import sys

cases = {}
for line in open(sys.argv[1], encoding="utf-8"):
    each = json.loads(line)
    cases.setdefault((each["case"], each["size"]), {}).setdefault(each["who"], []).append(each["result"])

head = ["case", "batch", "tokens/s", "step ms", "of GEMM", "peak MB", "peft tokens/s", "peft MB", "speed", "memory"]
rows = []
for (name, size), by in cases.items():
    def median(who, key):
        values = [result[key] for result in by.get(who, []) if result.get(key) is not None]
        return statistics.median(values) if values else None

    def text(value, digits=0):
        return "–" if value is None else f"{value:,.{digits}f}"

    speed, memory = median("ours", "tokens_per_second"), median("ours", "peak_memory_bytes")
    their_speed, their_memory = median("theirs", "tokens_per_second"), median("theirs", "peak_memory_bytes")
    rows.append([
        name, size, text(speed), text(median("ours", "step_ms"), 1), text(median("ours", "fraction_of_gemm"), 2),
        text(memory and memory / 1e6), text(their_speed), text(their_memory and their_memory / 1e6),
        text(speed / their_speed, 2) + " x" if speed and their_speed else "–",
        text(100 * memory / their_memory) + " %" if memory and their_memory else "–",
    ])
widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
for row in [head, *rows]:
    print("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                    for i, (cell, width) in enumerate(zip(row, widths))))
if not rows:
    sys.exit("Nothing was measured.")
