import { afterAll, afterEach, beforeAll } from "vitest";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";

/** One Chromium for the tests of a file, and a rig for each test that wants one; both are ended by themselves. */
export function inBrowser() {
  let launched: TestBrowser | undefined;
  let rig: Rig | undefined;
  const running = (): TestBrowser => {
    if (launched === undefined) throw new Error("Chromium is not running yet");
    return launched;
  };
  beforeAll(async () => {
    launched = await launchBrowser();
  });
  afterAll(() => launched?.close());
  afterEach(async () => {
    // The pages first: they would log that their sidecar is gone.
    try {
      await running().finishTest();
    } finally {
      // A page that complained must not leave its sidecar behind.
      await rig?.close();
      rig = undefined;
    }
  });
  return {
    browser: {
      open: (...args: Parameters<TestBrowser["open"]>) => running().open(...args),
      openForeign: (...args: Parameters<TestBrowser["openForeign"]>) => running().openForeign(...args),
      finishTest: () => running().finishTest(),
    },
    async start(options: RigOptions = {}): Promise<Rig> {
      rig = await startRig(options);
      return rig;
    },
  };
}
