import { setTimeout as sleep } from "node:timers/promises";
import { idOf, type JobsClient, jobsClient } from "../../helpers/jobs-client.ts";
import { askLlama, readGeneration } from "../../hosts/llama-process.ts";
import { MODEL_MIB, RENDER_MIB } from "./card.ts";
import type { Wish } from "./traffic.ts";
import type { World } from "./world.ts";

/**
 * What came of a wish. `away`: the program had been asked to leave before, and said so at once; `hit`: it failed or was
 * cut though its model was loaded when it was asked for; `failed`: it failed for want of memory.
 */
export type Outcome = "done" | "away" | "hit" | "failed" | "waits";

export interface Come {
  wish: Wish;
  outcome: Outcome;
  /** How long it waited to be let in. */
  waitedMs: number;
  said: string;
}

const MODEL = "alpha";
const TTL_S = 600;
const WAIT_S = 5;

/** Everybody does what was drawn for them, at their moment; what came of it, in that order. */
export async function letPeopleAsk(
  world: World,
  wishes: readonly Wish[],
  { seconds, scale }: { seconds: number; scale: number },
): Promise<Come[]> {
  const over = AbortSignal.timeout((seconds * 1000) / scale);
  const began = performance.now();
  const jobs = jobsClient(() => world.sidecar.url);
  return Promise.all(
    wishes.map(async (wish, index): Promise<Come> => {
      await sleep(Math.max(0, (wish.atS * 1000) / scale - (performance.now() - began)));
      try {
        return { wish, waitedMs: 0, said: "", ...(await fulfil(world, wish, { index, scale, jobs, over })) };
      } catch (error) {
        return { wish, outcome: "hit", waitedMs: 0, said: String(error) };
      }
    }),
  );
}

interface Around {
  index: number;
  scale: number;
  jobs: JobsClient;
  over: AbortSignal;
}
export type Said = { outcome: Outcome; waitedMs?: number; said?: string };

function fulfil(world: World, wish: Wish, around: Around): Promise<Said> {
  switch (wish.kind) {
    case "render": {
      const { render } = world;
      const work = () =>
        render.render((wish.seconds * 1000) / around.scale, { isPage: false, over: around.over });
      if (render.declares) return work();
      const body = { peakMiB: RENDER_MIB, backend: "renderer", pid: render.pid() };
      return letIn(world, `clip-${around.index}`, body, around, work);
    }
    case "answer":
      return letIn(
        world,
        `answer-${around.index}`,
        { peakMiB: MODEL_MIB, backend: "llamacpp" },
        around,
        async () => {
          if ((await world.llama.statusOf(MODEL)) !== "loaded") await world.llama.load(MODEL);
          return answers(world, wish.tokens);
        },
      );
    case "llama page":
      return answers(world, wish.tokens);
    case "render page":
      return world.render.render((wish.seconds * 1000) / around.scale, { isPage: true, over: around.over });
  }
}

/** Declares a job, waits until it is let in and tells of its end. With hand-over switched off it just begins. */
async function letIn(
  { shares }: World,
  label: string,
  body: object,
  { jobs, over }: Around,
  work: () => Promise<Said>,
): Promise<Said> {
  if (!shares) return work();
  const began = performance.now();
  const id = idOf(await jobs.ask({ ...body, label, ttlSeconds: TTL_S }));
  for (;;) {
    const { job, code } = await jobs.show(id, WAIT_S);
    if (job?.state === "running") break;
    if (job?.state !== "waiting") return { outcome: "hit", said: `${label} is ${job?.state ?? code}` };
    if (over.aborted) {
      await jobs.end(id);
      return { outcome: "waits", waitedMs: performance.now() - began };
    }
    await jobs.beat(id);
  }
  const waitedMs = performance.now() - began;
  try {
    return { ...(await work()), waitedMs };
  } finally {
    await jobs.end(id);
  }
}

/** A person reads the answer as it comes; the page shows whether the model is loaded. */
async function answers(world: World, tokens: number): Promise<Said> {
  const before = await world.llama.statusOf(MODEL);
  return world.working(async () => {
    const answer = await askLlama(world.llama.url, MODEL, tokens);
    if (answer.status !== 200) {
      const said = (await answer.text()).slice(0, 200);
      return { outcome: world.isTold && before === "unloaded" ? "away" : "hit", said: `${before}: ${said}` };
    }
    const seen = await readGeneration(answer);
    const isWhole = seen.tokens === tokens && seen.stopped === "limit";
    return { outcome: isWhole ? "done" : "hit", said: `${before}: ${seen.tokens} of ${tokens} tokens` };
  });
}
