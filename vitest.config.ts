import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Most tests wait for events of real processes: more of them at once than there are cores take less time.
    maxWorkers: 4,
    reporters: ["default", "./test/helpers/plain-reporter.ts"],
    projects: [
      {
        define: { __VERSION__: '"test"' },
        // Two minutes are for a machine that does much else; a hang must not look like patience.
        test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}"], testTimeout: 120_000 },
      },
      {
        define: { __VERSION__: '"test"' },
        test: {
          name: "integration",
          include: ["test/{contract,integration}/**/*.test.ts"],
          globalSetup: [
            "test/helpers/find-private-machine.ts",
            "test/helpers/find-prometheus.ts",
            "test/helpers/find-python.ts",
          ],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: [
            "test/helpers/find-chromium.ts",
            "test/helpers/find-proxies.ts",
            "test/helpers/find-python.ts",
          ],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // A page on a machine that does much else takes its time; vitest would give it one second.
          expect: { poll: { timeout: 30_000 } },
          fileParallelism: false,
        },
      },
    ],
  },
});
