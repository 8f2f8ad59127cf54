import { inject, test } from "vitest";
import { runChaos } from "../helpers/chaos.ts";

const SEEDS = Array.from({ length: 10 }, (_, i) => inject("seed") + i);

// Five at a time, as vitest has it: each waits most of its time.
test.concurrent.each(SEEDS)(
  "CHAOS-1 CHAOS-1b seed %i: after three minutes of faults the sidecar is live, nothing acknowledged is lost and nothing is left",
  async (seed) => {
    await runChaos(seed, 180);
    process.stdout.write(`chaos, seed ${seed}: green\n`);
  },
  600_000,
);
