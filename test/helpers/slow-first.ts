import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest, longest first; started late, one of them would keep a single core busy at the end. Those
 * with pages compute, most of the others wait: they take turns.
 */
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
  "integration/backend-faults",
  "e2e/face",
  "integration/release",
  "e2e/pictures",
  "integration/driver-faults",
  "e2e/panel",
  "integration/sampling",
  "e2e/alerts",
  "integration/python",
  "e2e/element",
  "integration/handover",
  "e2e/release-modes",
  "integration/history",
  "e2e/timeline",
  "integration/cli-run",
  "e2e/group",
  "integration/capacity-scenarios",
  "e2e/history",
  "integration/chaos",
  "e2e/capacity",
  "integration/group",
  "e2e/looks",
  "integration/alerts",
  "e2e/still",
  "integration/jobs-kept",
  "e2e/proxies",
  "integration/replay",
  "e2e/found",
  "integration/adapters",
  "e2e/keyboard",
  "integration/package",
  "integration/release-queues",
  "e2e/first-seconds",
  "integration/jobs",
  "e2e/embed",
  "integration/python-readme",
  "e2e/sessions",
  "integration/release-modes",
  "integration/security-floods",
  "unit/server/capacity/core/bench",
  "unit/server/health/day",
];

const rank = ({ moduleId }: TestSpecification) => {
  const found = SLOW.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? SLOW.length : found;
};

const PROJECTS = ["long", "e2e", "integration", "unit"];
/** The small files of the last fill what is left. */
const FOLDERS = ["e2e", "integration", "contract", "unit"];

/** Starts the slow files first; files of one project stay together, for its processes go on with no others. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    const folder = ({ moduleId }: TestSpecification) =>
      FOLDERS.findIndex((name) => moduleId.includes(`/test/${name}/`));
    return [...files].sort((a, b) => place(a) - place(b) || rank(a) - rank(b) || folder(a) - folder(b));
  }
}
