import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { libsqlEngine } from "../../server/lib/sqlite/libsql-engine.ts";
import { contractOf } from "../fixtures/sqlite-contract.ts";
import { createFakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { live } from "../helpers/jobs-rig.ts";
import { newerNode } from "../helpers/newer-node.ts";
import { startSidecar } from "../helpers/sidecar.ts";

const EXPECTED = {
  rows: [
    [1, "a", [1, 0, 255]],
    [2, "b", null],
    [3, null, [7]],
  ],
  one: "b",
  none: null,
  big: 1_795_272_839_968,
  noTable: "damage",
  wrong: "other",
  lockedOut: ["out", "in"],
  damaged: "damage",
  unreadable: "access",
  closed: "none",
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gpu-panel-sqlite-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("HIS-16 libsql does what the sidecar relies on", () => {
  const engine = libsqlEngine();
  if (engine === null) throw new Error("libsql has no binary here, though the tests need one");
  expect(contractOf(engine, folder)).toEqual(EXPECTED);
});

const newer = newerNode();
describe.skipIf("missing" in newer)(
  `a Node with SQLite of its own${"missing" in newer ? `: ${newer.missing}` : ""}`,
  () => {
    const path = "path" in newer ? newer.path : "";

    test("HIS-16 it is used before libsql, quietly, and both do the same", () => {
      const run = spawnSync(path, ["test/fixtures/run-sqlite-contract.ts", folder], { encoding: "utf8" });
      expect(run.stderr).toBe("");
      const { chosen, told } = JSON.parse(run.stdout);
      expect(chosen).toBe("node:sqlite");
      expect(told).toEqual({ "node:sqlite": EXPECTED, libsql: EXPECTED });
    });

    test("HIS-16b CAP-27 what one Node has kept the other reads: jobs, and the hold on the folder", async () => {
      const fake = createFakeNvidiaSmi({ gpus: [fakeGpu(0)] });
      const env = { ...fake.env, GPU_PANEL_DATA_DIR: folder };
      // In place of the Node that runs the tests.
      const by = (node: string | undefined) =>
        node === undefined ? [] : ["/bin/sh", "-c", 'shift; exec "$0" "$@"', node];
      const ids: string[] = [];
      for (const node of [path, undefined, path]) {
        const sidecar = await startSidecar(["--interval", "200"], env, undefined, by(node));
        try {
          const jobs = jobsClient(() => sidecar.url);
          await live({ sidecar });
          expect((await jobs.list()).map(({ id }) => id)).toEqual(ids);
          ids.push(idOf(await jobs.ask({ peakMiB: 100, ttlSeconds: 600 })));
          expect(sidecar.output()).not.toMatch(/SQLite|Warning/);
        } finally {
          await sidecar.end();
        }
      }
      fake.dispose();
    });
  },
);
