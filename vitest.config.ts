import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { SlowFirst } from "./test/helpers/slow-first.ts";
import { QUICK_INTEGRATION, type Tier, tierOf, unitTestsThatDraw } from "./test/tiers.ts";

const setup = (...names: string[]) => names.map((name) => `test/helpers/${name}.ts`);

const VERSION = { __VERSION__: '"test"' };

const commonOf = ({ seed, runs }: Tier) => ({
  setupFiles: setup("seeds"),
  provide: { seed, runs },
  // A process of its own for each of many small files, with all its imports, takes longer than their tests.
  isolate: false,
});

const inChromium = (tier: Tier) => ({
  ...commonOf(tier),
  testTimeout: 180_000,
  hookTimeout: 60_000,
  // A page on a machine that does much else takes its time; vitest would give it one second.
  expect: { poll: { timeout: 30_000, interval: 100 } },
});

const unit = (tier: Tier): TestProjectConfiguration => ({
  define: VERSION,
  // Two minutes are for a machine that does much else; a hang must not look like patience.
  test: {
    ...commonOf(tier),
    name: "unit",
    include: tier.name === "long" ? unitTestsThatDraw() : ["test/unit/**/*.test.{ts,tsx}"],
    testTimeout: 120_000 * Math.max(1, tier.runs / 4),
  },
});

const integration = (tier: Tier): TestProjectConfiguration => ({
  define: VERSION,
  test: {
    ...commonOf(tier),
    name: "integration",
    include: tier.name === "fast" ? [...QUICK_INTEGRATION] : ["test/{contract,integration}/**/*.test.ts"],
    // The files of the fast tier start neither Prometheus nor Python.
    globalSetup: [
      ...setup("build-sidecar-parts"),
      ...(tier.name === "fast" ? [] : setup("find-prometheus", "find-python")),
    ],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

const e2e = (tier: Tier): TestProjectConfiguration => ({
  test: {
    ...inChromium(tier),
    name: "e2e",
    include: ["test/e2e/**/*.test.ts"],
    globalSetup: setup("build-sidecar-parts", "find-chromium", "find-openssl", "find-python"),
  },
});

/**
 * These three in one: a process goes on with files of its own project only, so files that wait and files that compute
 * run side by side, and no process has to start anew between them.
 */
const all = (tier: Tier): TestProjectConfiguration => ({
  define: VERSION,
  test: {
    ...inChromium(tier),
    name: "all",
    include: ["test/unit/**/*.test.{ts,tsx}", "test/{contract,integration,e2e}/**/*.test.ts"],
    globalSetup: setup(
      ...["build-sidecar-parts", "find-chromium", "find-openssl", "find-python", "find-prometheus"],
    ),
  },
});

const long = (tier: Tier): TestProjectConfiguration => ({
  define: VERSION,
  test: {
    ...inChromium(tier),
    name: "long",
    include: ["test/long/**/*.test.ts"],
    globalSetup: setup(
      "build-sidecar-parts",
      "find-private-machine",
      "find-chromium",
      "find-proxies",
      "find-openssl",
      "find-python",
    ),
  },
});

const hosts =
  (name: string, include: string[], ...programs: string[]) =>
  (tier: Tier): TestProjectConfiguration => ({
    define: VERSION,
    test: {
      ...inChromium(tier),
      name,
      include,
      globalSetup: setup("build-sidecar-parts", ...programs),
      hookTimeout: 300_000,
    },
  });
// Apart, so that what fetches little need not fetch all.
const backends = hosts("backends", ["test/hosts/!(gradio-)*.test.ts"], "find-chromium", "find-hosts");
const gradio = hosts("gradio", ["test/hosts/gradio-*.test.ts"], "find-chromium", "find-gradio");

const PROJECTS = {
  fast: [unit, integration],
  test: [unit, integration, e2e],
  all: [all],
  long: [unit, long],
  hosts: [backends, gradio],
};

/** `--mode all` is `npm test`, without a mode single files of it run; `fast`, `long`, `long-short`, `hosts` and `hosts-long` are the other tiers. */
export default defineConfig(({ mode }) => {
  const tier = tierOf(mode);
  return {
    test: {
      // Most tests wait for events of real processes: more of them at once than there are cores take less time.
      maxWorkers: 6,
      reporters: ["default", "./test/helpers/plain-reporter.ts"],
      globalSetup: setup("run-folder", "light-nvidia-smi", "single-file"),
      sequence: { sequencer: SlowFirst },
      projects: PROJECTS[tier.name].map((project) => project(tier)),
    },
  };
});
