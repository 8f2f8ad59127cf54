import { onTestFinished } from "vitest";
import { type JobsClient, jobsClient } from "./jobs-client.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

/** Of the fake's 24,564 MiB: 1,024 in use, 460 of the driver. Alone nothing is kept free. */
export const ROOM = 23_080;

/** A sidecar that has samples, and its jobs; closed when the test has ended. */
export async function startJobs(options: RigOptions = {}, headers?: Record<string, string>) {
  const rig = await startRig({ own: true, ...options });
  onTestFinished(() => rig.close());
  const jobs = jobsClient(() => rig.sidecar.url, headers);
  await live(rig);
  return { rig, jobs };
}

export const live = ({ sidecar }: Rig) =>
  waitUntil(async () => (await fetch(`${sidecar.url}healthz`)).status === 200, { what: "samples" });
export const said = ({ sidecar }: Rig, pattern: RegExp) =>
  waitUntil(() => pattern.test(sidecar.output()), { what: () => `${pattern} in: ${sidecar.output()}` });
export const state = async (jobs: JobsClient, id: string) => (await jobs.show(id)).job?.state;
