import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Reporter, TestModule } from "vitest/node";

const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

/**
 * Closes with one plain line that any log reader understands: `N passed, N failed`; before it, what was skipped and
 * why. The files with failures stand in `.cache/failed-files`, for `.ci/once-more`.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let brokenModules = 0;
    const failed = modules.filter((one) => one.state() === "failed").map((one) => `${one.moduleId}\n`);
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${CACHE}/failed-files`, failed.join(""));
    for (const testModule of modules) {
      if (testModule.state() === "failed" && testModule.errors().length > 0) brokenModules++;
      for (const test of testModule.children.allTests()) {
        const result = test.result();
        count[result.state]++;
        if (result.state === "skipped" && result.note !== undefined)
          process.stdout.write(`\nSkipped: ${test.name}: ${result.note}`);
      }
    }
    const skipped = count.skipped + count.pending;
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${count.passed} passed, ${count.failed + brokenModules} failed${tail}\n`);
  }
}
