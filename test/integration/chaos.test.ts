import { inject, test } from "vitest";
import { runChaos } from "../helpers/chaos.ts";

// Ten random ones, three minutes each, are in test/long.
test("CHAOS-1 CHAOS-1b after a minute of faults the sidecar is live, nothing acknowledged is lost and nothing is left", async () => {
  await runChaos(inject("seed"), 50);
}, 240_000);
