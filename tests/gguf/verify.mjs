// Loads a GGUF file with llama.cpp and compares it with lwb on the folder it was exported from: the same tokens for the
// same texts, the same probabilities after a prompt, the same greedy continuation; of an encoder the same logits of its
// labels instead.
//
//   node verify.mjs --lwb LWB --model FOLDER [--adapter PEFT] --gguf FILE.gguf [--lora ADAPTER.gguf] [options]
//     --model, --adapter   what lwb computes with: the base and the adapter, or a merged folder alone
//     --gguf, --lora       what llama.cpp computes with
//     --prompts FILE       JSON list of texts (default: a dozen built-in ones)
//     --new-tokens N       length of the continuation (default 12)
//     --tolerance X        largest difference of a probability, or of a label's logit (default 0.001)
//     --hidden FILE        encoders: safetensors with input_ids and hidden_states_row0, to compare the last of them with
//                          llama.cpp's embeddings of the first token, of the last one and of the mean
//     --tie X              two logits this close are a tie, either may be chosen (default 0.01: llama.cpp keeps keys and
//                          values in half precision)
//     --loose              report a different continuation without failing (rounded weights)
//     --activations N      allow N times as much more as the engine's own bf16 differs from its f32 on these texts: a measure of
//                          what this model makes of rounded activations
//     --cache FILE         keeps lwb's tokens from one call to the next
//
// llama.cpp comes from npm, about 85 MB, no compiler needed; LLAMA_CPP names the folder it was installed in:
//   npm install --omit=optional --ignore-scripts node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
// Prints one JSON object. Exit status: 0 all equal, 1 something differs, 77 llama.cpp is not there (nothing was compared).
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const builtInPrompts = [
    "Hello world", "The quick brown fox jumps over the lazy dog.", " two spaces  inside", "", "line one\nline two\n\n\nend",
    "It's 12345 o'clock, isn't it?", "naïve café — “quoted” …", "数字 123 と文字", "한국어 문장입니다.", "😀 emoji 👩‍👩‍👧 joined",
    "tabs\tand\r\nreturns", "snake_case CamelCase 3.14e-10 <tag> &amp; {json: [1, 2]}", "   leading and trailing   ", "a",
];

const { values: options } = parseArgs({
    options: {
        lwb: { type: "string", default: "lwb" }, model: { type: "string" }, adapter: { type: "string" },
        gguf: { type: "string" }, lora: { type: "string" }, prompts: { type: "string" },
        "new-tokens": { type: "string", default: "12" }, tolerance: { type: "string", default: "0.001" }, tie: { type: "string", default: "0.01" },
        loose: { type: "boolean", default: false }, activations: { type: "string" }, cache: { type: "string" }, hidden: { type: "string" },
    },
});
if (!options.model || !options.gguf) {
    console.error("verify.mjs: name --model FOLDER and --gguf FILE; the head of the script says more.");
    process.exit(2);
}

async function llamaModule() {
    try {
        const require = createRequire(path.join(path.resolve(process.env.LLAMA_CPP ?? "."), "entry.js"));
        return await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
    } catch (error) {
        console.error("SKIPPED: llama.cpp is not installed, so NOTHING WAS COMPARED. The head of verify.mjs says how to get it.");
        console.error(String(error.message ?? error));
        process.exit(77);
    }
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gguf-verify-"));
process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
const lwbHome = ["--data-dir", path.join(scratch, "data")];
const lwb = (...args) =>
    JSON.parse(execFileSync(options.lwb, ["--json", ...lwbHome, ...args], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] }));
const adapterArgs = options.adapter ? ["--adapter", options.adapter] : [];

// rows of ids -> a safetensors file with input_ids and attention_mask, padded on the right
function writeBatch(file, rows, length) {
    const size = 8 * rows.length * length, shape = [rows.length, length];
    const header = { input_ids: { dtype: "I64", shape, data_offsets: [0, size] },
        attention_mask: { dtype: "I64", shape, data_offsets: [size, 2 * size] } };
    let json = JSON.stringify(header);
    json += " ".repeat((8 - (json.length % 8)) % 8);
    const bytes = Buffer.alloc(8 + json.length + 2 * size);
    bytes.writeBigUInt64LE(BigInt(json.length), 0);
    bytes.write(json, 8, "utf8");
    rows.forEach((ids, row) => ids.forEach((id, i) => {
        const at = 8 + json.length + 8 * (row * length + i);
        bytes.writeBigInt64LE(BigInt(id), at);
        bytes.writeBigInt64LE(1n, at + size);
    }));
    fs.writeFileSync(file, bytes);
}

// One tensor of a safetensors file, as numbers.
function readTensor(file, name) {
    const bytes = fs.readFileSync(file), begin = 8 + Number(bytes.readBigUInt64LE(0));
    const { dtype, shape, data_offsets: [from, to] } = JSON.parse(bytes.subarray(8, begin).toString("utf8"))[name];
    const raw = bytes.buffer.slice(bytes.byteOffset + begin + from, bytes.byteOffset + begin + to);
    return { shape, data: dtype === "I64" ? Array.from(new BigInt64Array(raw), Number) : Array.from(new Float32Array(raw)) };
}

// -> for each row of ids one row of logits for each position, of an encoder one row
function lwbLogits(rows, dtype = "f32") {
    const input = path.join(scratch, "ids.safetensors"), output = path.join(scratch, "logits.safetensors");
    const length = Math.max(...rows.map((ids) => ids.length));
    writeBatch(input, rows, length);
    lwb("logits", options.model, ...adapterArgs, "--input", input, "--out", output, "--device", "cpu", "--dtype", dtype);
    const { shape, data } = readTensor(output, "logits"), width = shape.at(-1);
    const at = (place) => data.slice(place * width, (place + 1) * width);
    if (shape.length === 2) return rows.map((_, row) => at(row));
    return rows.map((ids, row) => ids.map((_, i) => at(row * length + i)));
}

// Tokens of a text without those that stand around it.
const known = options.cache && fs.existsSync(options.cache) ? JSON.parse(fs.readFileSync(options.cache, "utf8")) : {};
function lwbTokens(text, ...flags) {
    const key = flags.join(" ") + "\0" + text, file = path.join(scratch, "text");
    if (!(key in known)) {
        fs.writeFileSync(file, text);
        known[key] = lwb("tokenize", options.model, "--file", file, ...flags).ids;
        if (options.cache) fs.writeFileSync(options.cache, JSON.stringify(known));
    }
    return known[key];
}

const largestAt = (row) => row.reduce((best, value, i) => (value > row[best] ? i : best), 0);
function softmax(row) {
    const top = Math.max(...row), powers = row.map((value) => Math.exp(value - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((value) => value / sum);
}

const { getLlama, LlamaLogLevel } = await llamaModule();
const report = { gguf: options.gguf, lora: options.lora ?? null, texts: 0, different_tokens: [], prompts: 0,
    max_probability_difference: 0, different_greedy: [], ties: 0 };
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
async function compareDecoder(model, prompts, tokensOf) {
    // With longrope llama.cpp computes as for long texts wherever the context could hold one.
    const scaling = model.fileInfo.metadata[report.architecture]?.rope?.scaling;
    const contextSize = scaling?.type === "longrope" ? Math.min(128, scaling.original_context_length) : 128;
    const context = await model.createContext({
        contextSize, batchSize: contextSize, threads: 1, flashAttention: false,
        ...(options.lora ? { lora: { adapters: [{ filePath: options.lora, scale: 1 }] } } : {}),
    });
    const sequence = context.getSequence();
    const inFront = lwbTokens("");  // the token in front of a text, where the model has one
    const runs = [];
    for (const text of prompts) {
        const prompt = [...inFront, ...tokensOf(text)].slice(0, 24);
        if (prompt.length === 0) continue;
        await sequence.clearHistory();
        const wish = { generateNext: { probabilities: true, options: { temperature: 0 } } };
        const steps = await sequence.controlledEvaluate([...prompt.slice(0, -1), [prompt.at(-1), wish]]);
        await sequence.clearHistory();
        const continuation = [];
        for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
            continuation.push(Number(token));
            if (continuation.length >= Number(options["new-tokens"])) break;
        }
        runs.push({ text, prompt, continuation, probabilities: [...steps.at(-1).next.probabilities] });
    }
    const rowsOf = runs.map((run) => [...run.prompt, ...run.continuation]);
    const logits = lwbLogits(rowsOf);
    if (options.activations) {
        const last = (all, at) => softmax(all[at][runs[at].prompt.length - 1]), rounded = lwbLogits(rowsOf, "bf16");
        report.bf16_difference = Math.max(...runs.map((_, at) => largestDifference(last(logits, at), last(rounded, at))));
    }
    runs.forEach(({ text, prompt, continuation, probabilities }, at) => {
        const rows = logits[at].slice(prompt.length - 1), expected = softmax(rows[0]);
        for (const [token, probability] of probabilities)
            report.max_probability_difference = Math.max(report.max_probability_difference, Math.abs(probability - expected[token]));
        // lwb's logits on llama.cpp's own continuation: greedy is the same when each token is the largest of its row.
        const margin = (i) => rows[i][largestAt(rows[i])] - rows[i][continuation[i]];
        report.ties += continuation.filter((_, i) => margin(i) > 0 && margin(i) <= Number(options.tie)).length;
        const step = continuation.findIndex((_, i) => margin(i) > Number(options.tie));
        if (step >= 0) {
            const best = largestAt(rows[step]), token = continuation[step];
            report.different_greedy.push({ text, step, lwb: best, llama_cpp: token, margin: margin(step) });
        }
    });
    report.prompts = runs.length;
    await context.dispose();
}

// llama.cpp's embedding of token ids, of a classifier the logits of its labels. The package's own embedding contexts would
// put special tokens around the ids.
async function embeddings(model, rows) {
    const context = await model.createContext({ contextSize: 128, batchSize: 128, threads: 1, _embeddings: true });
    const sequence = context.getSequence(), found = [];
    for (const ids of rows) {
        await sequence.clearHistory();
        for await (const _ of sequence.evaluate(ids, { _noSampling: true })) break;
        found.push([...context._ctx.getEmbedding(ids.length)]);
    }
    await context.dispose();
    return found;
}

const largestDifference = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
const cosine = (a, b) => {
    const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

async function compareEncoder(model, prompts, tokensOf) {
    prompts.forEach(tokensOf);
    const short = prompts.filter((text) => lwbTokens(text).length <= Math.min(64, model.trainContextSize));
    const rows = short.map((text) => lwbTokens(text));
    const mine = lwbLogits(rows), theirs = await embeddings(model, rows);
    report.max_logit_difference = Math.max(...mine.map((row, i) => largestDifference(row, theirs[i])));
    short.forEach((text, i) => {
        if (largestAt(mine[i]) !== largestAt(theirs[i])) report.different_greedy.push({ text, lwb: mine[i], llama_cpp: theirs[i] });
    });
    if (options.activations) {
        const rounded = lwbLogits(rows, "bf16");
        report.bf16_difference = Math.max(...mine.map((row, i) => largestDifference(row, rounded[i])));
    }
    report.max_probability_difference = report.max_logit_difference;  // held to the same tolerance
    report.prompts = rows.length;
    if (options.hidden) await compareHidden();
}

// The same file with another pooling: none (of the last token), the mean of all, the first.
async function compareHidden() {
    const { shape: [, length], data: ids } = readTensor(options.hidden, "input_ids");
    const { shape: [layers, , width], data: states } = readTensor(options.hidden, "hidden_states_row0");
    const last = Array.from({ length }, (_, i) => states.slice(((layers - 1) * length + i) * width).slice(0, width));
    const mean = last[0].map((_, i) => last.reduce((sum, state) => sum + state[i], 0) / length);
    const file = fs.readFileSync(options.gguf), key = Buffer.from("bert.pooling_type");
    report.hidden = {};
    for (const [name, pooling, expected] of [["last", 0, last.at(-1)], ["mean", 1, mean], ["first", 2, last[0]]]) {
        file.writeUInt32LE(pooling, file.indexOf(key) + key.length + 4);
        fs.writeFileSync(path.join(scratch, `${name}.gguf`), file);
        const pooled = await llama.loadModel({ modelPath: path.join(scratch, `${name}.gguf`), gpuLayers: 0 });
        const [found] = await embeddings(pooled, [ids.slice(0, length)]);
        await pooled.dispose();
        report.hidden[name] = { difference: largestDifference(expected, found), cosine: cosine(expected, found) };
        report.max_probability_difference = Math.max(report.max_probability_difference, report.hidden[name].difference);
    }
}

let ok = true;
try {
    const model = await llama.loadModel({ modelPath: options.gguf, gpuLayers: 0 });
    report.architecture = model.fileInfo?.metadata?.general?.architecture;
    const prompts = options.prompts ? JSON.parse(fs.readFileSync(options.prompts, "utf8")) : builtInPrompts;
    const tokensOf = (text) => {
        const mine = lwbTokens(text, "--no-special"), theirs = Array.from(model.tokenize(text, true), Number);
        ++report.texts;
        if (JSON.stringify(mine) !== JSON.stringify(theirs)) report.different_tokens.push({ text, lwb: mine, llama_cpp: theirs });
        return mine;
    };
    if (report.architecture === "bert") await compareEncoder(model, prompts, tokensOf);
    else await compareDecoder(model, prompts, tokensOf);
    report.tolerance = Number(options.tolerance) + Number(options.activations ?? 0) * (report.bf16_difference ?? 0);
    ok = report.different_tokens.length === 0 && report.max_probability_difference <= report.tolerance &&
        (options.loose || report.different_greedy.length === 0) && report.prompts > 0;
    await model.dispose();
} catch (error) {
    report.error = String(error?.message ?? error);
    ok = false;
}
report.ok = ok;
console.log(JSON.stringify(report));
await llama.dispose();
process.exit(ok ? 0 : 1);
