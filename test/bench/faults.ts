import { FAULTS, type Fault } from "../helpers/backend-server.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import type { Section } from "./figure.ts";

const KINDS = ["comfyui", "a1111", "ollama", "http"] as const;
const BASELINE_MS = 5000;
const AIM_MS = 100;

/** How long /healthz takes while a backend misbehaves in the middle of a release, against the same with nothing wrong. */
export const faultsSection: Section = async () => {
  const rig = await startRig({
    own: true,
    script: { gpus: [fakeGpu(0, { "memory.used": 20_123, "memory.total": 24_564 })] },
    backends: KINDS,
    hookTimeoutMs: 700,
    settings: { releasePatience: 1000 },
  });
  try {
    const quiet = watchHealth(rig.sidecar.url);
    await new Promise((resolve) => setTimeout(resolve, BASELINE_MS));
    const baseline = await quiet.end();
    const troubled = watchHealth(rig.sidecar.url);
    for (const fault of FAULTS) await releaseUnder(rig, fault);
    const during = await troubled.end();
    return {
      figures: [
        {
          name: "/healthz, slowest",
          value: Math.max(...during),
          unit: "ms",
          aim: AIM_MS,
          baseline: Math.max(...baseline),
        },
        {
          name: "/healthz, 99 % below",
          value: quantile(during, 0.99),
          unit: "ms",
          baseline: quantile(baseline, 0.99),
        },
      ],
      notes: [
        `${during.length} requests one after the other, while ${KINDS.join(", ")} at once do each of: ${FAULTS.join(", ")}.`,
        `Baseline: ${baseline.length} requests with nothing wrong. Times are those of this client, its own work included.`,
      ],
    };
  } finally {
    await rig.close();
  }
};

async function releaseUnder(rig: Rig, fault: Fault) {
  for (const kind of KINDS) rig.backend(kind).breakWith(fault);
  const api = `${rig.sidecar.url}api/v1/release`;
  const answer = await fetch(api, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { id } = (await answer.json()) as { id: string };
  const ended = async () => {
    const { state } = (await (await fetch(`${api}/${id}`)).json()) as { state: string };
    return state === "done" || state === "failed";
  };
  await waitUntil(ended, { timeoutMs: 60_000, what: `the end of a release while backends do: ${fault}` });
  for (const kind of KINDS) rig.backend(kind).breakWith(null);
}

/** Asks one time after the other; the times, in ms. */
function watchHealth(url: string) {
  let going = true;
  const times: number[] = [];
  const loop = (async () => {
    while (going) {
      const before = performance.now();
      await (await fetch(`${url}healthz`)).text();
      times.push(performance.now() - before);
    }
  })();
  return {
    async end() {
      going = false;
      await loop;
      return times;
    },
  };
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;
}
