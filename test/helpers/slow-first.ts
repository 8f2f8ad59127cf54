import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take longest, longest first; started late, one of them would keep a single core busy at the end. */
const SLOW = [
  "long/pictures",
  "long/docker-readme",
  "long/proxies",
  "long/chaos",
  "long/backend-faults",
  "long/group-crowd",
  "long/face",
  "long/hosts-a1111",
  "long/unread-viewers",
  "e2e/release",
  "e2e/face",
  "e2e/element",
  "e2e/alerts",
  "e2e/looks",
  "e2e/pictures",
  "e2e/panel",
  "e2e/release-modes",
  "e2e/history",
  "e2e/capacity",
  "e2e/timeline",
  "integration/python",
  "integration/backend-faults",
  "integration/chaos",
  "integration/package",
  "integration/jobs",
  "integration/history",
  "integration/capacity-scenarios",
  "integration/adapters",
  "integration/replay",
  "integration/release",
  "integration/sampling",
  "integration/security-floods",
  "unit/server/capacity/core/bench",
  "unit/server/health/day",
];

const rank = ({ moduleId }: TestSpecification) => {
  const found = SLOW.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? SLOW.length : found;
};

/** A worker goes on with the next file of its own project only; the small files of the last fill what is left. */
const PROJECTS = ["long", "e2e", "integration", "unit"];

/** Starts the slow files of each project first. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    return [...files].sort((a, b) => place(a) - place(b) || rank(a) - rank(b));
  }
}
