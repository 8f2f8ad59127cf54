import { inject, test } from "vitest";
import { runChaos } from "../helpers/chaos.ts";

/** The short form of the tier: three lives of a minute. */
const isShort = inject("runs") <= 3;
const SECONDS = isShort ? 60 : 180;
const SEEDS = Array.from({ length: isShort ? 3 : 10 }, (_, i) => inject("seed") + i);

// Five at a time, as vitest has it: each waits most of its time.
test.concurrent.each(SEEDS)(
  "CHAOS-1 CHAOS-1b seed %i: after minutes of faults the sidecar is live, nothing acknowledged is lost and nothing is left",
  async (seed) => {
    await runChaos(seed, SECONDS);
    process.stdout.write(`chaos, seed ${seed}: green\n`);
  },
  600_000,
);
