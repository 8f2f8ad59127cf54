import { describe, inject, test } from "vitest";
import { samePort, twoPorts } from "../helpers/two-starts.ts";

/** In the short form a quarter of them. */
const ROUNDS = Array.from({ length: inject("runs") > 3 ? 20 : 5 }, (_, round) => round + 1);

describe("two starts at once on one data folder, many times", () => {
  test.each(ROUNDS)("CFG-2b CFG-3 on one port, round %i", samePort);
  test.each(ROUNDS)("CFG-3b CFG-3c on two ports, round %i", twoPorts);
});
