import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take longest, longest first; started late, one of them would keep a single core busy at the end. */
const SLOW = [
  "integration/backend-faults",
  "long/docker-readme",
  "long/proxies",
  "unit/server/capacity/core/bench",
  "integration/release",
  "integration/python",
  "e2e/release",
  "integration/release-modes",
  "e2e/timeline",
  "integration/sampling",
  "e2e/looks",
  "e2e/release-modes",
  "e2e/element",
  "e2e/panel",
  "integration/jobs",
  "e2e/alerts",
  "contract/backend",
  "integration/package",
  "integration/alerts",
  "e2e/react",
  "integration/history",
];

const rank = ({ moduleId }: TestSpecification) => {
  const found = SLOW.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? SLOW.length : found;
};

/** Starts the slow files first, whichever project they are of. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}
