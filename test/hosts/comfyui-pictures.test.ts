import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { COMFYUI, startComfyUi } from "./comfyui-server.ts";

/** Where pictures of the real page are put, for people to look at; nothing is compared. */
const FOLDER = process.env.COMFYUI_PICTURES;
const WIDTHS = [1500, 1100, 700];
const { browser } = inBrowser();

const KNOWN = {
  profile: "p",
  canStart: 1,
  peakMiB: 12_288,
  uncertaintyMiB: 123,
  leastMiB: 12_288,
  basis: "measured",
};
const FIT = { ...KNOWN, fits: false, missingMiB: 4000, never: false, options: [] };
const NO_ROOM = { fits: false, canStart: 0 };
/** What the sidecar answers in each state of the chip; how it comes to that is for other tests. */
const STATES = {
  fits: { fit: { ...FIT, fits: true, missingMiB: 0 } },
  "after-release": {
    fit: { ...FIT, ...NO_ROOM, options: [{ kind: "release", enough: true, gainMiB: 14_336, backends: [] }] },
  },
  tight: { fit: { ...FIT, ...NO_ROOM, missingMiB: 100 } },
  "will-not-fit": {
    ...{ fit: { ...FIT, ...NO_ROOM, never: true, peakMiB: 40_000, leastMiB: 40_000 }, would: { frames: 49 } },
  },
  unknown: { fit: { ...FIT, basis: "nothing", peakMiB: 0, leastMiB: null }, weightsMiB: 27_000 },
};

const set = (page: Page, name: string, value: string) =>
  page.evaluate(`app.extensionManager.setting.set(${JSON.stringify(name)}, ${JSON.stringify(value)})`);

test.runIf(COMFYUI !== null && FOLDER !== undefined)(
  "pictures of real ComfyUI: glance, chip in each state, tab and settings",
  { timeout: 1_800_000 },
  async () => {
    const folder = FOLDER ?? "";
    mkdirSync(folder, { recursive: true });
    const url = process.env.COMFYUI_URL ?? (await startComfyUi()).url;
    for (const lang of ["en", "zh"]) {
      for (const theme of ["dark", "light"]) {
        const { page } = await browser.openForeign(url, { viewport: { width: 1500, height: 900 } });
        const chip = page.locator(".gpu-status-panel-chip").first();
        await page.waitForFunction("window.app?.extensionManager?.setting");
        await set(page, "Comfy.Locale", lang);
        await set(page, "Comfy.ColorPalette", theme);
        await set(page, "Comfy.TutorialCompleted", "true");
        let answer: object = STATES.fits;
        await page.route("**/gpu-status-panel/comfyui/fit", (route) =>
          route.fulfill({ json: { signature: {}, unknown: {}, weightsMiB: null, would: null, ...answer } }),
        );
        await page.reload();
        await page.locator(".gpu-status-panel-glance[data-shown]").first().waitFor({ state: "attached" });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          const take = (name: string, full = false) =>
            page.screenshot({
              path: join(folder, `${name}-${lang}-${theme}-${width}.png`),
              ...(full ? {} : { clip: { x: 0, y: 0, width, height: 130 } }),
            });
          for (const [kind, told] of Object.entries(STATES)) {
            answer = told;
            await page.evaluate("window.app.extensionManager.command.execute('gpu-status-panel.check')");
            await expect.poll(() => chip.getAttribute("data-kind")).toBe(kind);
            await page.evaluate(
              "document.querySelectorAll('.p-toast-close-button, [data-testid=toast-close]').forEach((one) => one.click())",
            );
            await take(`chip-${kind}`);
          }
          await page.evaluate("window.app.extensionManager.command.execute('gpu-status-panel.open')");
          await page.frameLocator('iframe[title="GPU"]').locator(".panel").waitFor();
          const live = '[data-testid="status"]:not([data-tone])';
          await page.frameLocator('iframe[title="GPU"]').locator(live).first().waitFor();
          await take("tab", true);
          await page.evaluate("window.app.extensionManager.command.execute('gpu-status-panel.open')");
        }
        await page.setViewportSize({ width: 1500, height: 900 });
        await page.evaluate("window.app.extensionManager.command.execute('Comfy.ShowSettingsDialog')");
        await page.getByText("GPU", { exact: true }).last().click();
        await page.screenshot({ path: join(folder, `settings-${lang}-${theme}.png`) });
      }
    }
  },
);
