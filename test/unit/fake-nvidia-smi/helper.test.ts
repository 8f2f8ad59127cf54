import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../helpers/wait-until.ts";
import { CSV, createFake, run, start } from "./run-fake.ts";

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
