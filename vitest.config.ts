import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { SlowFirst } from "./test/helpers/slow-first.ts";
import { QUICK_INTEGRATION, tierOf, unitTestsThatDraw } from "./test/tiers.ts";

const setup = (...names: string[]) => names.map((name) => `test/helpers/${name}.ts`);

/** `vitest run` is the tier of `npm test`; `--mode fast`, `long`, `long-short`, `hosts` and `hosts-long` are the others. */
export default defineConfig(({ mode }) => {
  const tier = tierOf(mode);
  const common = {
    setupFiles: setup("seeds"),
    provide: { seed: tier.seed, runs: tier.runs },
    // A process of its own for each of many small files, with all its imports, takes longer than their tests.
    isolate: false,
  };
  const unit: TestProjectConfiguration = {
    define: { __VERSION__: '"test"' },
    // Two minutes are for a machine that does much else; a hang must not look like patience.
    test: {
      ...common,
      name: "unit",
      include: tier.name === "long" ? unitTestsThatDraw() : ["test/unit/**/*.test.{ts,tsx}"],
      testTimeout: 120_000 * Math.max(1, tier.runs / 4),
    },
  };
  const integration: TestProjectConfiguration = {
    define: { __VERSION__: '"test"' },
    test: {
      ...common,
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
  };
  const inChromium = {
    ...common,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // A page on a machine that does much else takes its time; vitest would give it one second.
    expect: { poll: { timeout: 30_000, interval: 100 } },
  };
  const e2e: TestProjectConfiguration = {
    test: {
      ...inChromium,
      name: "e2e",
      include: ["test/e2e/**/*.test.ts"],
      globalSetup: setup("build-sidecar-parts", "find-chromium", "find-openssl", "find-python"),
    },
  };
  const long: TestProjectConfiguration = {
    define: { __VERSION__: '"test"' },
    test: {
      ...inChromium,
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
  };
  const hosts = (name: string, include: string[], ...programs: string[]): TestProjectConfiguration => ({
    define: { __VERSION__: '"test"' },
    test: {
      ...inChromium,
      name,
      include,
      globalSetup: setup("build-sidecar-parts", ...programs),
      hookTimeout: 300_000,
    },
  });
  // Apart, so that what fetches little need not fetch all.
  const backends = hosts("backends", ["test/hosts/!(gradio-)*.test.ts"], "find-chromium", "find-hosts");
  const gradio = hosts("gradio", ["test/hosts/gradio-*.test.ts"], "find-chromium", "find-gradio");
  const projects = {
    fast: [unit, integration],
    test: [unit, integration, e2e],
    long: [unit, long],
    hosts: [backends, gradio],
  };
  return {
    test: {
      // Most tests wait for events of real processes: more of them at once than there are cores take less time.
      maxWorkers: 6,
      reporters: ["default", "./test/helpers/plain-reporter.ts"],
      globalSetup: setup("run-folder", "light-nvidia-smi", "single-file"),
      sequence: { sequencer: SlowFirst },
      projects: projects[tier.name],
    },
  };
});
