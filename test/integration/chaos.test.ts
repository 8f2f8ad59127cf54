import { inject, test } from "vitest";
import { runChaos } from "../helpers/chaos.ts";

// Random ones of a minute and of three are in test/long.
test("CHAOS-1 CHAOS-1b after seconds of faults the sidecar is live, nothing acknowledged is lost and nothing is left", async () => {
  await runChaos(inject("seed"), 25);
}, 240_000);
