import type { Page } from "playwright-core";
import type { Picture } from "./pack-pictures.ts";

/** Half the size: a quarter of the bytes, and how a text is smoothed hardly shows. */
export const SCALE = 0.5;
/**
 * How far a channel may be off, of 255. Kept pictures are rounded by four; a bar has no letters, whose edges another
 * browser smooths in another way.
 */
const MOST_OFF = 10;

/** Where a bar lies on the page. */
export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The bars of a panel; of a cell, on which figures stand, its foot. */
export const barsOf = (page: Page): Promise<Bar[]> =>
  page.locator(".panel").evaluate((panel) =>
    [...panel.querySelectorAll(".bar, .pg, .cell .fill")].map((bar) => {
      const { x, y, width, height } = bar.getBoundingClientRect();
      return bar.matches(".fill") ? { x, y: y + height - 4, width, height: 4 } : { x, y, width, height };
    }),
  );

/** How many pixels of the bars have another colour, each seen together with those around it. */
export function countRecoloured(a: Picture, b: Picture, bars: readonly Bar[]): number {
  let count = 0;
  for (const bar of bars) {
    const right = Math.min(a.width, Math.floor((bar.x + bar.width) * SCALE)) - 1;
    const bottom = Math.min(a.height, Math.floor((bar.y + bar.height) * SCALE)) - 1;
    for (let y = Math.ceil(bar.y * SCALE); y <= bottom; y++)
      for (let x = Math.ceil(bar.x * SCALE); x <= right; x++)
        if (
          [0, 1, 2].some(
            (channel) => Math.abs(around(a, x, y, channel) - around(b, x, y, channel)) > MOST_OFF,
          )
        )
          count++;
  }
  return count;
}

/** The mean of a pixel and its neighbours. */
function around({ width, height, data }: Picture, x: number, y: number, channel: number): number {
  let sum = 0;
  let count = 0;
  for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++)
    for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) {
      sum += data[(j * width + i) * 4 + channel] ?? 0;
      count++;
    }
  return sum / count;
}
