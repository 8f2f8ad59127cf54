import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import {
  createFakeNvidiaSmi,
  type FakeNvidiaSmi,
  type FakeScript,
  fakeGpu,
} from "../helpers/fake-nvidia-smi.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const FIXTURES = new URL("../fixtures/nvidia-smi/", import.meta.url);
const CSV = "--format=csv,noheader,nounits";

const open: FakeNvidiaSmi[] = [];

function createFake(initial?: Partial<FakeScript>): FakeNvidiaSmi {
  const fake = createFakeNvidiaSmi(initial);
  open.push(fake);
  return fake;
}

afterEach(() => {
  for (const fake of open.splice(0)) fake.dispose();
});

type Running = {
  child: ChildProcessByStdio<null, Readable, Readable>;
  out: () => string;
  err: () => string;
  chunks: { at: number; text: string }[];
  lines: () => string[];
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

function start(fake: FakeNvidiaSmi, args: string[]): Running {
  const child = spawn("nvidia-smi", args, { env: fake.env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: { at: number; text: string }[] = [];
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => chunks.push({ at: performance.now(), text }));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const out = () => chunks.map(({ text }) => text).join("");
  return {
    child,
    out,
    err: () => err,
    chunks,
    lines: () => out().split("\n").slice(0, -1),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code, signal) => resolve({ code, signal }));
    }),
  };
}

async function run(fake: FakeNvidiaSmi, args: string[]): Promise<{ code: number | null; out: string }> {
  const running = start(fake, args);
  const { code } = await running.ended;
  return { code, out: running.out() };
}

function corpus(name: string): string {
  return readFileSync(new URL(`corpus/${name}`, FIXTURES), "utf8");
}

function fieldsFile(branch: string): string[] {
  return readFileSync(new URL(`fields/fields-${branch}.txt`, FIXTURES), "utf8")
    .split("\n")
    .filter(Boolean);
}

const branches = readdirSync(new URL("fields/", FIXTURES)).map((name) =>
  name.replace(/^fields-(.*)\.txt$/, "$1"),
);

describe("the corpus", () => {
  it("has a source for every file", () => {
    const rows = readFileSync(new URL("SOURCES.tsv", FIXTURES), "utf8").trimEnd().split("\n").slice(1);
    const named = rows.map((row) => row.split("\t")[0]);
    expect(named.sort()).toEqual(readdirSync(new URL("corpus/", FIXTURES)).sort());
  });
});

describe("a query", () => {
  it("prints one row per GPU without header and units", async () => {
    const fake = createFake({ gpus: [fakeGpu(0), fakeGpu(1, { "power.draw": 118.4 })] });
    const fields = "index,name,memory.total,memory.used,memory.reserved,memory.free,power.draw,serial,pstate";
    expect(await run(fake, [`--query-gpu=${fields}`, CSV])).toEqual({
      code: 0,
      out:
        "0, NVIDIA GeForce RTX 4090, 24564, 1024, 460, 23080, 22.50, [N/A], P8\n" +
        "1, NVIDIA GeForce RTX 4090, 24564, 1024, 460, 23080, 118.40, [N/A], P8\n",
    });
  });

  it("prints units in the header and behind figures, but not behind words", async () => {
    const fake = createFake({ gpus: [fakeGpu(0, { "fan.speed": "[Unknown Error]" })] });
    const fields = "memory.used,utilization.gpu,fan.speed,power.draw,temperature.gpu,clocks.sm";
    const { out } = await run(fake, [`--query-gpu=${fields}`, "--format=csv"]);
    expect(out).toBe(
      "memory.used [MiB], utilization.gpu [%], fan.speed [%], power.draw [W], temperature.gpu, clocks.current.sm [MHz]\n" +
        "1024 MiB, 0 %, [Unknown Error], 22.50 W, 41, [N/A]\n",
    );
  });

  it("keeps the units in the header under nounits", async () => {
    const { out } = await run(createFake(), ["--query-gpu=memory.used", "--format=csv,nounits"]);
    expect(out).toBe("memory.used [MiB]\n1024\n");
  });

  it.each(readdirSync(new URL("corpus/", FIXTURES)).filter((name) => /^nge-.*-(idle|load)\.csv$/.test(name)))(
    "has the header of the real one: %s",
    async (name) => {
      const header = corpus(name).split("\n")[0] ?? "";
      const fields = header.split(", ").map((column) => column.replace(/ \[.*$/, ""));
      const fake = createFake({ fields });
      const { out } = await run(fake, [`--query-gpu=${fields.join(",")}`, "--format=csv"]);
      expect(out.split("\n")[0]).toBe(header);
    },
  );

  it("fills in the local time", async () => {
    const before = Date.now();
    const { out } = await run(createFake(), ["--query-gpu=timestamp", CSV]);
    expect(out).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{3}\n$/);
    const at = new Date(out.trim().replaceAll("/", "-").replace(" ", "T")).getTime();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it("answers old names with the value of the new one, under the new name", async () => {
    const { out } = await run(createFake(), ["--query-gpu=clocks_throttle_reasons.active", "--format=csv"]);
    expect(out).toBe("clocks_event_reasons.active\n0x0000000000000001\n");
  });

  it("puts raw lines before and between the rows", async () => {
    const error = "Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error";
    const gpus = [fakeGpu(0), fakeGpu(2)];
    const fake = createFake({ gpus, linesAfterGpu: { "-1": [error], "0": ["a", "b"] } });
    expect((await run(fake, ["--query-gpu=index", CSV])).out).toBe(`${error}\n0\na\nb\n2\n`);
  });

  it.each(["1", fakeGpu(1).uuid, "00000000:02:00.0"])("is limited by -i and --id=: %s", async (id) => {
    const fake = createFake({ gpus: [fakeGpu(0), fakeGpu(1)] });
    expect((await run(fake, ["-i", id, "--query-gpu=index", CSV])).out).toBe("1\n");
    expect((await run(fake, [`--id=${id}`, "--query-gpu=index", CSV])).out).toBe("1\n");
  });

  it("finds no device where there is none", async () => {
    const { code, out } = await run(createFake({ gpus: [] }), ["--query-gpu=index", CSV]);
    expect({ code, out }).toEqual({ code: 6, out: "No devices were found\n" });
  });

  it("prints processes, under the names the real one uses in its header", async () => {
    const gpu_uuid = fakeGpu(0).uuid;
    const fake = createFake({
      processes: [
        { gpu_uuid, pid: 4711, process_name: "python3", used_memory: 9000 },
        { gpu_uuid, pid: 4712, process_name: "[Not Found]", used_memory: "[N/A]" },
      ],
    });
    const { out } = await run(fake, [
      "--query-compute-apps=gpu_uuid,gpu_name,pid,name,used_memory",
      "--format=csv",
    ]);
    expect(out).toBe(
      "gpu_uuid, gpu_name, pid, process_name, used_gpu_memory [MiB]\n" +
        `${gpu_uuid}, NVIDIA GeForce RTX 4090, 4711, python3, 9000 MiB\n` +
        `${gpu_uuid}, NVIDIA GeForce RTX 4090, 4712, [Not Found], [N/A]\n`,
    );
  });

  it("prints nothing at all where no process runs", async () => {
    expect(await run(createFake(), ["--query-compute-apps=pid", CSV])).toEqual({ code: 0, out: "" });
  });
});

describe("the fields", () => {
  it.each(branches)("are those of the file: %s", async (branch) => {
    const known = fieldsFile(branch);
    const fake = createFake({ fields: branch });
    const all = await run(fake, [`--query-gpu=${known.join(",")}`, CSV]);
    expect(all.code).toBe(0);
    expect(all.out.split(", ")).toHaveLength(known.length);

    // The old names of these stay aliases where the file lists only the new ones.
    const unknown = branches
      .flatMap(fieldsFile)
      .filter((field) => !known.includes(field) && !field.startsWith("clocks_throttle_reasons."));
    for (const field of new Set([unknown[0], unknown.at(-1)])) {
      if (field === undefined) continue;
      expect(await run(fake, [`--query-gpu=index,${field}`, CSV])).toEqual({
        code: 2,
        out: `Field "${field}" is not a valid field to query.\n\n`,
      });
    }
  });

  it("are refused in a loop, too, with the real sentence", async () => {
    const fake = createFake({ fields: "390" });
    const answer = await run(fake, ["--query-gpu=clocks_event_reasons.active", CSV, "-lms", "100"]);
    expect(answer).toEqual({ code: 2, out: corpus("err-field.txt") });
  });

  it("are exactly those of a list, without aliases", async () => {
    const fake = createFake({ fields: ["index", "clocks_event_reasons.active"] });
    expect((await run(fake, ["--query-gpu=index,clocks_event_reasons.active", CSV])).code).toBe(0);
    expect((await run(fake, ["--query-gpu=clocks_throttle_reasons.active", CSV])).code).toBe(2);
  });

  it.each(branches)("are all in the help: %s", async (branch) => {
    const { code, out } = await run(createFake({ fields: branch }), ["--help-query-gpu"]);
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]).toBe('List of valid properties to query for the switch "--query-gpu":');
    const canonical = lines.flatMap((line) => /^"([^"]+)"/.exec(line)?.[1] ?? []);
    expect(canonical).toEqual(fieldsFile(branch));
    expect(lines).toContain('"uuid" or "gpu_uuid"');
    if (branch === "595") {
      expect(lines).toContain('"clocks_event_reasons.active" or "clocks_throttle_reasons.active"');
    }
  });

  it("stay unknown where the help fails", async () => {
    expect(await run(createFake({ helpFails: true }), ["--help-query-gpu"])).toEqual({ code: 1, out: "" });
  });
});

describe("refused arguments", () => {
  it.each([
    ["two queries", ["--query-gpu=index", "--query-compute-apps=pid", CSV], "err-two-queries.txt"],
    ["a fraction of a second", ["--query-gpu=index", CSV, "-l", "0.1"], "err-loop-fraction-390.txt"],
    ["an interval of zero", ["--query-gpu=index", CSV, "-lms", "0"], "err-loop-zero.txt"],
    ["an unknown option", ["--query-gpu=index", CSV, "-loop"], "err-option-loop.txt"],
  ])("get the real sentence: %s", async (_, args, file) => {
    expect(await run(createFake(), args)).toEqual({ code: 2, out: corpus(file) });
  });
});

describe("the other modes", () => {
  it("lists the GPUs", async () => {
    const { out } = await run(createFake(), ["-L"]);
    expect(out).toBe(`GPU 0: NVIDIA GeForce RTX 4090 (UUID: ${fakeGpu(0).uuid})\n`);
  });

  it("prints the version as the real one does", async () => {
    expect((await run(createFake(), ["--version"])).out).toBe(
      [
        "NVIDIA-SMI version  : 595.71.05",
        "NVML version        : 595.71",
        "DRIVER version      : 595.71.05",
        "CUDA Version        : 13.2",
        "",
      ].join("\n"),
    );
  });

  it("fails without a script", async () => {
    const fake = createFake();
    rmSync(`${fake.dir}/script.json`);
    const running = start(fake, ["-L"]);
    expect((await running.ended).code).toBe(255);
    expect(running.err()).toContain("script.json");
    expect(running.out()).toBe("");
  });
});

describe("a loop", () => {
  it("begins at once, holds the grid, writes a tick at a time and shows what was set meanwhile", async () => {
    const fake = createFake({ gpus: [fakeGpu(0), fakeGpu(1)] });
    const running = start(fake, ["--query-gpu=index,memory.used,timestamp", CSV, "-lms", "50"]);
    await waitUntil(() => running.lines().length >= 40, { what: "20 ticks" });
    for (const { text } of running.chunks) expect(text).toMatch(/^(0, 1024, \S+ \S+\n1, 1024, \S+ \S+\n)+$/);

    // From the fake's own clock: how late the reader gets to read is no matter of the fake.
    const times = running.lines().flatMap((line) => {
      const [index, , at = ""] = line.split(", ");
      return index === "0" ? [new Date(at.replaceAll("/", "-").replace(" ", "T")).getTime()] : [];
    });
    const steps = times.slice(2).map((at, tick) => at - (times[tick + 1] ?? 0));
    const median = steps.sort((one, other) => one - other)[steps.length >> 1];
    expect(median).toBeGreaterThanOrEqual(48);
    expect(median).toBeLessThanOrEqual(52);
    const span = (times.at(-1) ?? 0) - (times[1] ?? 0);
    expect(Math.abs(span - 50 * Math.round(span / 50))).toBeLessThan(20);

    fake.setGpu(1, { "memory.used": 20000, "memory.reserved": undefined });
    await waitUntil(() => running.out().includes("1, 20000, "), { what: "the new figure" });
    expect(fake.script.gpus[1]).not.toHaveProperty("memory.reserved");

    running.child.kill("SIGTERM");
    expect(await running.ended).toEqual({ code: null, signal: "SIGTERM" });
  });

  it("prints its header once, with the first tick", async () => {
    const running = start(createFake(), ["--query-gpu=index", "--format=csv", "--loop-ms=20"]);
    await waitUntil(() => running.lines().length >= 4, { what: "4 lines" });
    expect(running.chunks[0]?.text.startsWith("index\n0\n")).toBe(true);
    expect(running.lines().filter((line) => line === "index")).toHaveLength(1);
  });

  it.each([[["-l", "1"]], [["--loop=1"]]])("takes whole seconds: %j", async (args) => {
    const running = start(createFake(), ["--query-gpu=index", CSV, ...args]);
    await waitUntil(() => running.chunks.length >= 2, { what: "2 ticks" });
    expect((running.chunks[1]?.at ?? 0) - (running.chunks[0]?.at ?? 0)).toBeGreaterThan(900);
  });

  it("cuts lines in the middle when it is told to", async () => {
    const fake = createFake({ chunking: "bytes", gpus: [fakeGpu(0), fakeGpu(1)] });
    const running = start(fake, ["--query-gpu=index,uuid,name", CSV]);
    await running.ended;
    expect(running.lines()).toEqual([0, 1].map((at) => `${at}, ${fakeGpu(at).uuid}, ${fakeGpu(at).name}`));
    expect(running.chunks.length).toBeGreaterThan(2);
    expect(running.chunks.slice(0, -1).some(({ text }) => text.endsWith("\n"))).toBe(false);
  });

  it("ends when nobody reads any more", async () => {
    const fake = createFake();
    const running = start(fake, ["--query-gpu=index", CSV, "-lms", "20"]);
    await waitUntil(() => running.chunks.length > 0, { what: "the first tick" });
    running.child.stdout.destroy();
    expect((await running.ended).code).toBe(141);
  });

  it("ends with a sentence and an exit code", async () => {
    const fake = createFake();
    const running = start(fake, ["--query-gpu=index", CSV, "-lms", "20"]);
    await waitUntil(() => running.chunks.length > 0, { what: "the first tick" });
    fake.set({ behaviour: { kind: "sentence", text: corpus("err-no-driver.txt"), exitCode: 9 } });
    expect((await running.ended).code).toBe(9);
    expect(running.out().endsWith(`0\n${corpus("err-no-driver.txt")}`)).toBe(true);
  });

  it("goes on with a sentence in place of rows, and recovers", async () => {
    const fake = createFake();
    const running = start(fake, ["--query-gpu=index", CSV, "-lms", "20"]);
    await waitUntil(() => running.chunks.length > 0, { what: "the first tick" });
    fake.set({ behaviour: { kind: "sentence-loop", text: "Unknown Error" } });
    await waitUntil(() => running.out().includes("Unknown Error\nUnknown Error\n"), { what: "the sentence" });
    fake.set({ behaviour: { kind: "ok" } });
    await waitUntil(() => running.out().endsWith("Unknown Error\n0\n"), { what: "rows again" });
  });

  it("ends without a word", async () => {
    const fake = createFake({ behaviour: { kind: "exit", code: 15 } });
    expect(await run(fake, ["--query-gpu=index", CSV, "-lms", "20"])).toEqual({ code: 15, out: "" });
  });

  it("hangs, and neither SIGTERM nor SIGINT ends it", async () => {
    const fake = createFake();
    const running = start(fake, ["--query-gpu=index", CSV, "-lms", "20"]);
    await waitUntil(() => running.chunks.length > 0, { what: "the first tick" });
    fake.set({ behaviour: { kind: "hang" } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const printed = running.out();
    fake.kill("SIGTERM");
    fake.kill("SIGINT");
    fake.set({ behaviour: { kind: "ok" } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(running.out()).toBe(printed);
    expect(fake.livePids()).toEqual([running.child.pid]);

    fake.kill("SIGKILL");
    expect((await running.ended).signal).toBe("SIGKILL");
  });

  it("takes the behaviour of the query for processes from its own entry", async () => {
    const fake = createFake({
      computeAppsBehaviour: { kind: "sentence", text: "Insufficient Permissions", exitCode: 4 },
    });
    expect((await run(fake, ["--query-gpu=index", CSV])).code).toBe(0);
    expect(await run(fake, ["--query-compute-apps=pid", CSV])).toEqual({
      code: 4,
      out: "Insufficient Permissions\n",
    });
  });
});

describe("the helper", () => {
  it("tells the starts, the live ones and the loops apart, and leaves nothing behind", async () => {
    const fake = createFake();
    expect(fake.starts()).toEqual([]);
    await run(fake, ["-L"]);
    const gpus = start(fake, ["--query-gpu=index", CSV, "-lms", "20"]);
    const apps = start(fake, ["--query-compute-apps=pid", CSV, "-lms", "20"]);
    await waitUntil(() => fake.livePids().length === 2, { what: "both loops" });
    expect(fake.livePids().sort()).toEqual([gpus.child.pid, apps.child.pid].sort());
    expect(fake.loopPids()).toEqual([gpus.child.pid]);
    expect(fake.starts()).toHaveLength(3);
    expect(fake.starts()[0]).toMatchObject({ argv: ["-L"], pid: expect.any(Number), at: expect.any(Number) });

    fake.dispose();
    expect((await gpus.ended).signal).toBe("SIGKILL");
    expect((await apps.ended).signal).toBe("SIGKILL");
    expect(fake.livePids()).toEqual([]);
    expect(existsSync(fake.dir)).toBe(false);
  });

  it("refuses to change a GPU that is not there", () => {
    expect(() => createFake().setGpu(7, {})).toThrow("GPU 7");
  });

  it("names what was waited for in vain", async () => {
    await expect(waitUntil(() => false, { timeoutMs: 30, what: "the impossible" })).rejects.toThrow(
      "the impossible",
    );
  });
});
