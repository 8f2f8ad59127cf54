import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDecisionRecord } from "../../server/recording/decisions/decision-record.ts";
import type { DecisionInput } from "../../server/recording/decisions/input.ts";
import { openSegmentStore } from "../../server/recording/decisions/store.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { live } from "../helpers/jobs-rig.ts";
import { startSidecar } from "../helpers/sidecar.ts";

test("REC-10 what the sidecar decided from can be read when it has ended, the demo's apart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-decisions-"));
  try {
    const sidecar = await startSidecar(["--source", "demo"], { GPU_PANEL_DATA_DIR: folder });
    await live({ sidecar });
    const jobs = jobsClient(() => sidecar.url);
    const asked = await jobs.ask({ label: "film", peakMiB: 100 });
    const never = await jobs.ask({ label: "too large", peakMiB: 9_000_000 });
    const id = asked.job?.id ?? "";
    await fetch(`${sidecar.url}api/v1/fit?peakMiB=200&frames=81&model=wan&intent=start&asker=ann`);
    await fetch(`${sidecar.url}api/v1/fit?peakMiB=200`);
    await jobs.beat(id, { phase: "denoise" });
    await jobs.end(id, { outcome: "failed", oom: true });
    await sidecar.end();
    expect(readdirSync(folder)).not.toContain("decisions.sqlite");
    const store = openSegmentStore(join(folder, "decisions-demo.sqlite"), () => {});
    const record = createDecisionRecord({ store, standing: () => [] });
    const found: DecisionInput[] = [];
    for await (const input of record.read(0, Date.now())) found.push(input);
    record.close();
    const notes = found.flatMap((input) => (input.kind === "note" ? input.note : []));
    expect(notes.filter(({ topic }) => ["ask", "intent", "patch", "end"].includes(topic))).toMatchObject([
      { topic: "ask", id, body: { label: "film", peakMiB: 100 }, answer: asked.job?.state },
      { topic: "ask", id: null, body: { label: "too large" }, answer: never.code },
      {
        topic: "intent",
        ticket: expect.any(String),
        query: { peakMiB: 200, frames: 81, model: "wan", asker: "ann" },
        answer: "held",
      },
      { topic: "patch", id, patch: { phase: "denoise" } },
      { topic: "end", id, end: { outcome: "failed", oom: true } },
    ]);
    expect(notes.some(({ topic }) => topic === "backends")).toBe(true);
    expect(found.some(({ kind }) => kind === "sample")).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
