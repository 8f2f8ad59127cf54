import * as v from "valibot";
import { onTestFinished } from "vitest";
import { type JobsClient, jobsClient } from "./jobs-client.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

/** Of the fake's 24,564 MiB: 1,024 in use, 460 of the driver. Alone nothing is kept free. */
export const ROOM = 23_080;

/** A sidecar that has samples, and its jobs; closed when the test has ended. `own: true` for a test that kills it. */
export async function startJobs(options: RigOptions = {}, headers?: Record<string, string>) {
  const rig = await startRig(options);
  onTestFinished(() => rig.close());
  const jobs = jobsClient(() => rig.sidecar.url, headers);
  await live(rig);
  return { rig, jobs };
}

/** So many samples without a list of processes: none is coming. */
const MOST_WITHOUT_LIST = 10;
const stateSchema = v.object({
  seq: v.number(),
  state: v.object({ gpus: v.array(v.object({ processes: v.nullable(v.array(v.unknown())) })) }),
});

/** Waits for samples, and for the list of processes without which no job is let in. */
export const live = ({ sidecar: { url } }: { sidecar: { url: string } }) =>
  waitUntil(
    async () => {
      if ((await fetch(`${url}healthz`)).status !== 200) return false;
      const told = v.safeParse(stateSchema, await (await fetch(`${url}api/v1/state`)).json());
      // Some show their state to nobody without a token.
      if (!told.success) return true;
      const { seq, state } = told.output;
      return seq > MOST_WITHOUT_LIST || state.gpus.every(({ processes }) => processes !== null);
    },
    { what: "samples and a list of processes" },
  );
export const said = ({ sidecar }: Rig, pattern: RegExp) =>
  waitUntil(() => pattern.test(sidecar.output()), { what: () => `${pattern} in: ${sidecar.output()}` });
export const state = async (jobs: JobsClient, id: string) => (await jobs.show(id)).job?.state;
