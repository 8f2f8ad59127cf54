import { expect, test } from "vitest";
import { declare } from "../../../../server/capacity/capacity.ts";
import { EMPTY_STATE } from "../../../../server/capacity/model.ts";
import { POLICY } from "../../../../server/capacity/policy.ts";
import { inLineSince } from "../../../../server/jobs/in-line.ts";
import type { JobRecord } from "../../../../server/jobs/job-record.ts";
import { readJobRecord } from "../../../../server/jobs/read-record.ts";
import { recordOf } from "../../../../server/jobs/records.ts";
import { revive } from "../../../../server/jobs/revive.ts";

const NOW_MS = 1_000_000;
const HOST = 4_000_100;
const HERE = "127.0.0.1";

function jobOf(pid: number, fromS: number, untilS: number | null, sinceMs?: number): JobRecord {
  const jobClass = {
    ...{ key: "a", family: null, size: null, publishedMiB: null, configuredMiB: null, seconds: null },
  };
  const ask = { id: "a", asker: "ann", jobClass, gpuCount: 1, on: [], pid, backend: null };
  const inLine = sinceMs === undefined ? {} : { sinceMs };
  const body = { pid, started: false, ttlSeconds: 60, wait: true };
  const profile = { id: "a", label: "A", peakMiB: 1 } as Parameters<typeof recordOf>[2]["profile"];
  const record = recordOf(
    body,
    { ...ask, ...inLine },
    { jobClass, profile, predicted: null },
    { nowMs: fromS * 1000, place: 1, from: HERE },
  );
  return untilS === null ? record : { ...record, job: { ...record.job, endedAt: untilS * 1000 } };
}
/** Seconds of its place before now. */
const counted = (
  waitedSeconds: number | undefined,
  records: readonly JobRecord[],
  pid: number | undefined,
  from = HERE,
) => (NOW_MS - inLineSince({ waitedSeconds, pid }, records, NOW_MS, from)) / 1000;

test("CAP-22d its place is as far back as it waited and its process has had jobs without a break, and no further", () => {
  const chain = [jobOf(HOST, 700, 800), jobOf(HOST, 805, 995), jobOf(HOST, 400, 680)];
  expect(counted(120, chain, HOST)).toBe(120);
  expect(counted(86_400, chain, HOST)).toBe(300);
  expect(counted(600, [...chain, jobOf(HOST, 990, null)], HOST)).toBe(300);
  // Nobody has a place from before who had nothing to wait for.
  expect(counted(600, [jobOf(HOST, 700, 980)], HOST)).toBe(0);
  expect(counted(600, chain, HOST + 1)).toBe(0);
  expect(counted(600, chain, undefined)).toBe(0);
  expect(counted(undefined, chain, HOST)).toBe(0);
  // A process of this number on another machine is another one.
  expect(counted(120, chain, HOST, "192.0.2.7")).toBe(0);
});

test("CAP-22d its place in line outlives a restart of the sidecar", () => {
  const named = (id: string, record: JobRecord) => ({
    ...record,
    job: { ...record.job, id, requestedBy: id },
  });
  // The second waits since before the first asked; the third asked last.
  const kept = [
    named("first", jobOf(HOST + 1, 700, null)),
    named("waited", jobOf(HOST, 800, null, 600_000)),
    named("last", jobOf(HOST + 2, 900, null)),
  ].map((record) => readJobRecord(JSON.parse(JSON.stringify(record))) as JobRecord);
  for (const fair of [true, false]) {
    const policy = { ...POLICY, ...{ fair, releaseOnRequest: new Set<string>() } };
    const state = revive(kept, NOW_MS).waiting.reduce(
      (now, { ask, ttlMs }) => declare(now, ask, { ttlMs }, NOW_MS, policy).state,
      EMPTY_STATE,
    );
    expect(state.waiting.map(({ id }) => id)).toEqual(["waited", "first", "last"]);
  }
});
