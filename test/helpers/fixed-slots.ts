import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type inGallery, show } from "./in-gallery.ts";

/** Where something is, whole pixels: x, y, width, height. */
export async function boxOf(page: Page, selector: string): Promise<number[]> {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`${selector} is not there`);
  return [box.x, box.y, box.width, box.height].map(Math.round);
}

/** By how many pixels two lists of boxes are apart at most. */
const apart = (a: number[][], b: number[][]) =>
  Math.max(...a.flatMap((box, i) => box.map((edge, j) => Math.abs(edge - (b[i]?.[j] ?? Number.NaN)))));

/** What a panel goes through on a working machine: room and none, alerts and none, a release and its end. */
export const LIFE = [
  "gpus-2",
  "full",
  "gpus-2-alerts",
  "release-waiting",
  "release-calling",
  "release-measuring",
  "release-done",
  "release-nothing",
  "release-failed",
  "release-cancelled",
  "silent",
  "reconnecting",
  "read-only",
  "backend-absent",
  "backend-unreachable",
  "hand-over-next",
  "held",
] as const;

type Corner = readonly [x: number, y: number, width: number, height: number];

/** Where the Release button and the first GPU were drawn before the panel was built, in each look. */
interface Slots {
  view: string;
  width: number;
  lang: string;
  rel: Corner;
  gpu: Corner;
}

export const SLOTS_OF_NPM_TEST: readonly Slots[] = [
  { view: "full", width: 1280, lang: "en", rel: [662, 128, 264, 40], gpu: [24, 242, 1232, 48] },
  { view: "compact", width: 300, lang: "zh-CN", rel: [12, 168, 276, 36], gpu: [12, 84, 276, 38] },
  { view: "bar", width: 700, lang: "en", rel: [520, 4, 172, 24], gpu: [136, 4, 150, 24] },
];
export const OTHER_SLOTS: readonly Slots[] = [
  { view: "full", width: 1280, lang: "zh-CN", rel: [662, 128, 264, 40], gpu: [24, 242, 1232, 48] },
  { view: "full", width: 390, lang: "en", rel: [12, 824, 366, 40], gpu: [12, 100, 366, 60] },
  { view: "bar", width: 1200, lang: "en", rel: [948, 4, 244, 24], gpu: [140, 4, 357, 24] },
];

/** Through a machine's life nothing moves. */
export function slotsStayInPlace(looks: readonly Slots[], open: ReturnType<typeof inGallery>): void {
  test.each(looks)(
    "PNL-30 whatever happens, button and GPUs stay where they are: $view, $width px, $lang",
    async (look) => {
      const { rel, gpu, ...shown } = look;
      const page = await open({ ...shown, state: LIFE[0] });
      await page.locator(".est").waitFor({ state: "attached" });
      await page.evaluate(() => document.fonts.ready);
      const row = shown.view === "bar" ? ".cell" : shown.view === "compact" ? ".cr" : ".gr:not(.th)";
      const before = [await boxOf(page, ".rel"), await boxOf(page, row)];
      // What was drawn and measured before it was built.
      expect(apart(before, [[...rel], [...gpu]]), JSON.stringify(before)).toBeLessThanOrEqual(4);
      await page.evaluate(() => {
        const shifts: number[] = [];
        Object.assign(window, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const { value } = entry as unknown as { value: number };
            shifts.push(value);
          }
        }).observe({ type: "layout-shift", buffered: false });
      });
      for (const state of LIFE) {
        await show(page, state);
        expect([state, await boxOf(page, ".rel"), await boxOf(page, row)]).toEqual([state, ...before]);
      }
      const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
      expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(0.02);
      // Other machines of two GPUs, and one that says "Demo": there the bar's GPUs begin a word later.
      for (const state of ["demo", "stale", "backends-3", "release-parts", "unknown", "mig", "long-names"]) {
        await show(page, state);
        const now = [await boxOf(page, ".rel"), ...(shown.view === "bar" ? [] : [await boxOf(page, row)])];
        expect([state, ...now]).toEqual([state, ...before.slice(0, now.length)]);
      }
    },
  );
}
