import * as v from "valibot";
import { onTestFinished } from "vitest";
import { gpuSchema } from "../../shared/gpu/gpu.ts";
import { handoverSchema } from "../../shared/handover/handover.ts";
import { type ReleaseRecord, releaseRecordSchema } from "../../shared/release/record.ts";
import { type JobsClient, jobsClient } from "./jobs-client.ts";
import { live } from "./jobs-rig.ts";
import { type Rig, startRig } from "./rig.ts";
import {
  CARD,
  createSharedCard,
  type OwnProgram,
  type ProgramOptions,
  startOwnProgram,
} from "./shared-card.ts";

export interface HandoverRig {
  rig: Rig;
  llm: OwnProgram;
  render: OwnProgram;
  card: ReturnType<typeof createSharedCard>;
  jobs: JobsClient;
  handover(): Promise<v.InferOutput<typeof handoverSchema>>;
  /** As the sidecar has listed them. */
  processes(): Promise<readonly { pid: number; usedMiB: number | null }[]>;
  /** What was handed over, oldest first. */
  acts(): Promise<ReleaseRecord[]>;
  post(path: string, method?: string, body?: object): Promise<{ status: number; body: unknown }>;
}

/** A language model that is loaded and a renderer that is not share a card on which there is room for one of them. */
export async function startHandover(
  settings: object,
  {
    llm: llmOptions = { modelMiB: 14_000, loaded: true },
    render: renderOptions = { modelMiB: 18_000 },
    env = {},
  }: { llm?: ProgramOptions; render?: ProgramOptions; env?: Record<string, string> } = {},
): Promise<HandoverRig> {
  let rig: Rig | null = null;
  let showAll = () => {};
  const llm = await startOwnProgram(llmOptions, () => showAll());
  const render = await startOwnProgram(renderOptions, () => showAll());
  const card = createSharedCard(
    () => rig?.fake ?? null,
    () => [
      { pid: llm.pid, name: "llm", mib: llm.heldMiB() },
      { pid: render.pid, name: "render", mib: render.heldMiB() },
    ],
  );
  showAll = card.showAll;
  rig = await startRig({
    script: { gpus: [CARD] },
    env,
    settings: { backends: [llm.options("llm"), render.options("render")], ...settings },
  });
  const running = rig;
  onTestFinished(async () => {
    showAll = () => {};
    await running.close();
    await Promise.all([llm.close(), render.close()]);
  });
  card.showAll();
  await live(running);
  const get = async (path: string): Promise<unknown> => (await fetch(`${running.sidecar.url}${path}`)).json();
  return {
    ...{ rig: running, llm, render, card },
    jobs: jobsClient(() => running.sidecar.url),
    handover: async () =>
      v.parse(v.object({ state: v.object({ handover: handoverSchema }) }), await get("api/v1/state")).state
        .handover,
    async processes() {
      const shape = v.object({ state: v.object({ gpus: v.array(gpuSchema) }) });
      const { gpus } = v.parse(shape, await get("api/v1/state")).state;
      return gpus.flatMap(({ processes }) => processes ?? []);
    },
    acts: async () => {
      const releases = v.parse(v.array(releaseRecordSchema), await get("api/v1/releases"));
      return releases.filter(({ reason }) => reason === "hand-over").reverse();
    },
    async post(path, method = "POST", body) {
      const answer = await fetch(`${running.sidecar.url}api/v1/${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return { status: answer.status, body: await answer.json() };
    },
  };
}
