import type { Reporter, TestModule } from "vitest/node";

/** Closes with one plain line that any log reader understands: `N passed, N failed`; before it, what was skipped and why. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let brokenModules = 0;
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
