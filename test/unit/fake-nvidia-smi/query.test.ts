import { readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fakeGpu } from "../../helpers/fake-nvidia-smi.ts";
import { CSV, corpus, createFake, FIXTURES, run, start } from "./run-fake.ts";

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
    rmSync(`${fake.dir}/script.tsv`);
    const running = start(fake, ["-L"]);
    expect((await running.ended).code).toBe(255);
    expect(running.err()).toContain("script.tsv");
    expect(running.out()).toBe("");
  });
});
