import { describe, expect, test } from "vitest";
import { samePort, twoPorts } from "../helpers/two-starts.ts";

// Twenty rounds of each: test/long/two-starts.test.ts.
describe("two starts at once on one data folder", () => {
  test("CFG-2b CFG-3 on one port: one runs, the other says who has the port; no job is lost", async () => {
    for (let round = 0; round < 2; round++) await samePort();
  });

  test("CFG-3b CFG-3c on two ports: one keeps in memory and says so, and takes over when the folder is free", async () => {
    for (let round = 0; round < 2; round++) await twoPorts();
    expect.hasAssertions();
  });
});
