import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import type { Job } from "../../shared/jobs/job.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf } from "../helpers/jobs-client.ts";
import { crowdSurvivesCrash } from "../helpers/jobs-crowd.ts";
import { live, ROOM, said, startJobs } from "../helpers/jobs-rig.ts";
import type { Rig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

describe("where jobs are kept", () => {
  const database = (running: Rig) => join(running.fake.dir, "data", "capacity.sqlite");

  test("CAP-27 jobs survive a restart and a SIGKILL, with their GPUs and their order", async () => {
    const { jobs, rig: running } = await startJobs({ own: true, script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
    for (const peakMiB of [ROOM, ROOM, 9000, 8000]) await jobs.ask({ peakMiB });
    await jobs.beat((await jobs.list())[0]?.id ?? "", { phase: "denoise" });
    const kept = ({ id, state, gpus, startedAt, phase, position }: Job) =>
      [id, state, gpus, startedAt, phase, position] as const;
    const before = (await jobs.list()).map(kept);
    await running.crash();
    await live(running);
    expect((await jobs.list()).map(kept)).toEqual(before);
    await running.restart();
    await live(running);
    expect((await jobs.list()).map(kept)).toEqual(before);
  });

  test("CAP-27b a damaged file is moved aside, said, and begun anew; a newer and a locked one stay where they are", async () => {
    const { jobs, rig: running } = await startJobs({ own: true, settings: { historyInterval: 1000 } });
    const moved = () => readdirSync(join(running.fake.dir, "data")).filter((name) => name.endsWith(".bad"));
    await running.crash(() => {
      for (const part of ["", "-wal"]) writeFileSync(database(running) + part, "no database ".repeat(1000));
    });
    await said(running, /capacity\.sqlite cannot be used: .* moved to .*\.bad/);
    await live(running);
    expect(await jobs.list()).toEqual([]);
    const kept = idOf(await jobs.ask({ peakMiB: 1000 }));
    const version = (number: number) => () => {
      const sql = new Database(database(running));
      sql.exec(`PRAGMA user_version = ${number}`);
      sql.close();
    };
    await running.crash(version(99));
    await said(running, /capacity\.sqlite was written by a newer version/);
    await live(running);
    expect(await jobs.ask({ peakMiB: 1000 })).toMatchObject({ status: 201 });
    await running.crash(version(4));
    expect((await jobs.list()).map(({ id }) => id)).toEqual([kept]);
    let holder: Database.Database | undefined;
    await running.crash(() => {
      holder = new Database(database(running));
      holder.exec("BEGIN EXCLUSIVE");
    });
    await said(running, /record of jobs cannot be written to .*capacity\.sqlite: database is locked/);
    await live(running);
    const job = idOf(await jobs.ask({ peakMiB: 1000 }));
    holder?.close();
    await said(running, /record of jobs is written to .* again/);
    await waitUntil(async () => (await jobs.list()).length === 2, { what: "the job that the file held" });
    await running.crash();
    expect((await jobs.list()).map(({ id }) => id)).toEqual([kept, job]);
    expect(moved()).toHaveLength(1);
  });

  test("CAP-27b when the folder is removed while jobs run, all of them are written anew with the next one", async () => {
    const { jobs, rig: running } = await startJobs({ own: true });
    const first = idOf(await jobs.ask({ peakMiB: 1000 }));
    rmSync(join(running.fake.dir, "data"), { recursive: true });
    const second = idOf(await jobs.ask({ peakMiB: 1000 }));
    await said(running, /capacity\.sqlite was removed or replaced/);
    // The others are written once the request is answered.
    expect(await jobs.list()).toHaveLength(2);
    await running.crash();
    expect((await jobs.list()).map(({ id }) => id)).toEqual([first, second]);
  });

  test("REC-13 where nothing can be written jobs are kept in memory, and that is said", async () => {
    const { jobs, rig: running } = await startJobs({ env: { GPU_PANEL_DATA_DIR: "/dev/null/nowhere" } });
    await said(running, /record of jobs cannot be written to .*in memory/);
    const first = await jobs.ask({ peakMiB: ROOM });
    expect(first.status).toBe(201);
    expect(await jobs.ask({ peakMiB: ROOM })).toMatchObject({ status: 202 });
    expect(existsSync("/dev/null/nowhere")).toBe(false);
  });
});

describe("two dozen clients at once", () => {
  test("CAP-21 CAP-22 CAP-24 CAP-27 through a SIGKILL: no over-commitment, no lost job, in order, dead ones freed", {
    timeout: 900_000,
  }, async () => {
    const gpus = [0, 1, 2, 3].map((index) => fakeGpu(index));
    const { jobs, rig: running } = await startJobs({ own: true, script: { gpus } });
    await crowdSurvivesCrash(24, { jobs, rig: running, roomMiB: ROOM });
  });
});
