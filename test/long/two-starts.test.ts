import { describe, test } from "vitest";
import { samePort, twoPorts } from "../helpers/two-starts.ts";

const ROUNDS = Array.from({ length: 20 }, (_, round) => round + 1);

describe("two starts at once on one data folder, twenty times", () => {
  test.each(ROUNDS)("CFG-2b CFG-3 on one port, round %i", samePort);
  test.each(ROUNDS)("CFG-3b CFG-3c on two ports, round %i", twoPorts);
});
