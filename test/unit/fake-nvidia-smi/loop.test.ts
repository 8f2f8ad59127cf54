import { describe, expect, it } from "vitest";
import { fakeGpu } from "../../helpers/fake-nvidia-smi.ts";
import { waitUntil } from "../../helpers/wait-until.ts";
import { CSV, corpus, createFake, run, start } from "./run-fake.ts";

describe("a loop", () => {
  it("begins at once, runs no faster than asked, writes a tick at a time and shows what was set meanwhile", async () => {
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
    // Never faster than asked; how much slower is the machine's matter.
    expect(median).toBeGreaterThanOrEqual(45);

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
    const running = start(fake, ["--query-gpu=index,uuid,name", CSV, "-lms", "20"]);
    // A reader that is held up gets several pieces at once.
    await waitUntil(() => running.chunks.some(({ text }) => !text.endsWith("\n")), { what: "a cut line" });
    await waitUntil(() => running.lines().length >= 3, { what: "two whole lines" });
    expect(running.lines().slice(0, 2)).toEqual(
      [0, 1].map((at) => `${at}, ${fakeGpu(at).uuid}, ${fakeGpu(at).name}`),
    );
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
    await waitUntil(() => running.out().includes("Unknown Error\n0\n"), { what: "rows again" });
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
