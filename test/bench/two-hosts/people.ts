import { setMaxListeners } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../capacity/random.ts";
import { type Curve, drawCurve, kindOf } from "../capacity/world/kinds.ts";
import { type Ask, drawWish, type HostName, truePeaks, WISHES } from "./asks.ts";
import { createComfyCaller, createGradioCaller, type Said } from "./callers.ts";
import type { TwoHosts } from "./hosts.ts";

export interface PeopleOptions {
  /** How many at each host. */
  users: Readonly<Record<HostName, number>>;
  /** How long they go on, in the hosts' time. */
  seconds: number;
  /** How many times faster that passes. */
  scale: number;
  seed: number;
  /** Deviation of the peaks of a kind. */
  noise: number;
}

const THINK_S = 15;
const THINNED = 5;
const HOSTS = ["gradio", "comfyui"] as const;

/** Everybody asks for one job after the other until the time is over; what they asked for, in that order. */
export async function letPeopleAsk(
  hosts: TwoHosts,
  { users, seconds, scale, seed, noise }: PeopleOptions,
): Promise<Ask[]> {
  const random = createRandom(seed);
  const peaks = truePeaks(random.fork(1));
  const asks: Ask[] = [];
  const over = AbortSignal.timeout((seconds * 1000) / scale);
  // Everybody listens to it.
  setMaxListeners(0, over);

  async function live(host: HostName, user: number): Promise<void> {
    const own = random.fork(100 + user);
    const send = await createSender(hosts, host, over);
    const pause = (mean: number) => sleep((own.wait(mean) * 1000) / scale, undefined, { signal: over });
    await pause(THINK_S);
    for (let count = 0; ; count++) {
      const id = `${host}-${user}-${count}`;
      const { wish, curve } = drawWish(host, own, peaks, noise);
      const ask: Ask = {
        ...{ id, host, user, kind: wish.kind, curve },
        askedMs: Date.now(),
        outcome: "under way",
        said: "",
      };
      asks.push(ask);
      Object.assign(ask, await send(id, wish, curve));
      await pause(THINK_S);
    }
  }

  const lives = HOSTS.flatMap((host, at) =>
    Array.from({ length: users[host] }, (_, i) =>
      live(host, at * 1000 + i).catch((error: unknown) => {
        if (!over.aborted) throw error;
      }),
    ),
  );
  await Promise.all(lives);
  return asks.sort((a, b) => a.askedMs - b.askedMs);
}

/** Runs each kind once, as quickly as it may pass: a machine on its second day. */
export async function learnAll(hosts: TwoHosts, { seed }: Pick<PeopleOptions, "seed">): Promise<void> {
  const random = createRandom(seed);
  const peaks = truePeaks(random.fork(1));
  const never = new AbortController().signal;
  for (const host of HOSTS) {
    const send = await createSender(hosts, host, never);
    for (const wish of WISHES[host]) {
      const whole = drawCurve(random, kindOf(wish.kind), peaks.get(wish.kind) ?? 0, 0);
      const thin = (levels: readonly number[]) => [
        ...levels.filter((_, i) => i % THINNED === 0),
        whole.peakMiB,
      ];
      const curve = { ...whole, loadS: 1, levels: thin(whole.levels), highs: thin(whole.highs) };
      const { outcome, said } = await send(`learn-${wish.kind}`, wish, curve);
      if (outcome !== "done") throw new Error(`${wish.kind}: ${said}`);
    }
  }
}

type Wish = (typeof WISHES)[HostName][number];

/** Somebody at a host, who puts what his job will hold where the host finds it. */
async function createSender({ folder, gradio, comfyui }: TwoHosts, host: HostName, signal: AbortSignal) {
  const askGradio = host === "gradio" ? await createGradioCaller(gradio) : null;
  const askComfy = createComfyCaller(comfyui);
  return (id: string, wish: Wish, curve: Curve): Promise<Said> => {
    writeFileSync(join(folder, "jobs", `${id}.json`), JSON.stringify({ kind: wish.kind, ...curve }));
    return "api" in wish && askGradio !== null
      ? askGradio(wish.api, [id, wish.model, ...wish.form], signal)
      : askComfy(promptOf(id, wish.model, wish.form), signal);
  };
}

function promptOf(job: string, unet_name: string, [width, height, length, steps]: readonly number[]) {
  return {
    1: { class_type: "EmptyHunyuanLatentVideo", inputs: { width, height, length, batch_size: 1 } },
    2: { class_type: "BenchSampler", inputs: { job, steps, unet_name, latent_image: ["1", 0] } },
    3: { class_type: "BenchShow", inputs: { samples: ["2", 0] } },
  };
}
