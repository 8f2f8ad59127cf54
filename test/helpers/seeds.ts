import fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
    runs: number;
  }
}

/** fast-check's own number, for properties that ask for no other. */
const USUAL_RUNS = 100;

/** How many cases a property gets in this tier. @param usual what `npm test` gives it */
export const numRuns = (usual: number): number => Math.ceil(usual * inject("runs"));

fc.configureGlobal({ seed: inject("seed"), numRuns: numRuns(USUAL_RUNS) });
