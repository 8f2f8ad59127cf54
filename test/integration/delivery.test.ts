import { test } from "vitest";
import { LOADS } from "../helpers/loads.ts";
import { expectEverySample } from "../helpers/watch-delivery.ts";

const SAMPLES = 12;

test.concurrent.each(LOADS)(
  "WIRE-9b every sample of %s reaches a reading viewer from the first second on",
  async (_, start) => {
    const { sidecar, end } = await start();
    try {
      await expectEverySample(sidecar.url, SAMPLES);
    } finally {
      await end();
    }
  },
);
