import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // A quarter of a minute is long for what waits on events; a hang must not look like patience.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/helpers/plain-reporter.ts"],
    projects: [
      {
        define: { __VERSION__: '"test"' },
        test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}"] },
      },
      {
        define: { __VERSION__: '"test"' },
        test: { name: "integration", include: ["test/{contract,integration}/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/helpers/find-chromium.ts"],
          testTimeout: 90_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
