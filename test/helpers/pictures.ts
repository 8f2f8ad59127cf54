import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import type { CDPSession, Page } from "playwright-core";
import { PNG } from "pngjs";
import { inject } from "vitest";
import { type Picture, packPictures, unpackPictures } from "./pack-pictures.ts";
import { type Bar, barsOf, countRecoloured, SCALE } from "./pictures-bars.ts";
import { waitUntil } from "./wait-until.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/pictures", import.meta.url));
/**
 * `UPDATE_PICTURES=1` keeps what is seen in place of comparing it, `new` only of states that have no picture yet, and
 * `what-if,collisions` also of these states.
 */
const UPDATE = process.env.UPDATE_PICTURES ?? "";
const RENEWS = UPDATE !== "";
const renewed = (state: string) => UPDATE === "1" || UPDATE.split(",").includes(state);
/**
 * How far two pixels may be apart, of 1, and how many may be further. Where pictures are not the same at once they are
 * compared blurred: how edges are smoothed, which changes with Chromium's version, is gone then; a moved, cut or
 * coloured element is not.
 */
const THRESHOLD = 0.05;
const MOST_DIFFERENT = 36;
/** Of the pixels of bars, in which a colour is what is told. */
const MOST_RECOLOURED = 6;
/** A whole browser, with windows, draws letters by other rules: moved and cut elements still show, colours hardly. */
const LOOSE_THRESHOLD = 0.15;
/** Fonts and parts of the panel come when they are first needed. */
const PATIENCE_MS = 10_000;
const LEAST_PATIENCE_MS = 1000;
const FRAME = "document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(resolve)))";

/** Compares what a page shows with the pictures that are kept of one look. */
export interface Album {
  /** What is seen is kept, not compared. */
  renews: boolean;
  /** Its picture stays as it is, unseen. */
  stays(name: string): boolean;
  /** A complaint with the place of three pictures, or `null`. */
  compare(name: string): Promise<string | null>;
  /** Keeps the pictures where they are renewed. */
  close(): void;
}

/** @param look the name of the sheet */
export async function openAlbum(page: Page, look: string): Promise<Album> {
  const camera = await page.context().newCDPSession(page);
  const file = join(FOLDER, `${look}.br`);
  const kept = existsSync(file) ? unpackPictures(readFileSync(file)) : () => null;
  if (RENEWS) {
    const taken = new Map<string, Picture>();
    return {
      renews: true,
      stays(name) {
        const known = renewed(name) ? null : kept(name);
        if (known !== null) taken.set(name, known);
        return known !== null;
      },
      async compare(name) {
        taken.set(name, await settled(page, camera));
        return null;
      },
      close() {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(file, packPictures(taken));
      },
    };
  }
  let patienceMs = PATIENCE_MS;
  return {
    renews: false,
    stays: () => false,
    async compare(name) {
      const expected = kept(name);
      const began = performance.now();
      let seen = await take(page, camera);
      // What is drawn late has its time; where much is different, all of it together.
      while (expected === null || differs(expected, seen, await barsOf(page))) {
        const spentMs = performance.now() - began;
        if (expected === null || spentMs > patienceMs) {
          patienceMs = Math.max(LEAST_PATIENCE_MS, patienceMs - spentMs);
          return complain(look, name, expected, seen, await barsOf(page));
        }
        await page.evaluate(FRAME);
        seen = await take(page, camera);
      }
      return null;
    },
    close() {},
  };
}

function complain(
  look: string,
  name: string,
  expected: Picture | null,
  seen: Picture,
  bars: readonly Bar[],
): string {
  const folder = mkdtempSync(join(tmpdir(), `picture-${look}-${name}-`));
  save(seen, join(folder, "seen.png"));
  if (expected === null) return `${name}: no picture is kept; see ${folder}`;
  const { said, picture } = difference(expected, seen, bars);
  save(expected, join(folder, "expected.png"));
  save(picture, join(folder, "difference.png"));
  return `${name}: ${said}; see ${folder}`;
}

/** The panel as it looks once it does not change any more. */
async function settled(page: Page, camera: CDPSession): Promise<Picture> {
  let last = await take(page, camera);
  let same = 0;
  await waitUntil(
    async () => {
      await page.evaluate(FRAME);
      const next = await take(page, camera);
      same = Buffer.compare(last.data, next.data) === 0 ? same + 1 : 0;
      last = next;
      return same > 0;
    },
    { what: "a picture that stays as it is" },
  );
  return last;
}

async function take(page: Page, camera: CDPSession): Promise<Picture> {
  const box = await page.locator(".panel").boundingBox();
  const view = page.viewportSize();
  if (box === null || view === null) throw new Error("there is no panel");
  // What is open lies over the panel, and may reach further down.
  const open = page.locator(".pop");
  const pop = (await open.count()) === 0 ? null : await open.first().boundingBox();
  const height = Math.max(box.height, pop === null ? 0 : pop.y + pop.height + box.y);
  const { data } = await camera.send("Page.captureScreenshot", {
    format: "png",
    optimizeForSpeed: true,
    clip: { x: 0, y: 0, width: view.width, height: Math.min(height, view.height), scale: SCALE },
  });
  return PNG.sync.read(Buffer.from(data, "base64"));
}

const sameSize = (a: Picture, b: Picture) => a.width === b.width && a.height === b.height;

const thresholdHere = () => (/headless/.test(inject("chromiumPath")) ? THRESHOLD : LOOSE_THRESHOLD);

function countDifferent(a: Picture, b: Picture, output?: Uint8Array): number {
  const options = { threshold: thresholdHere(), includeAA: true };
  if (pixelmatch(a.data, b.data, undefined, a.width, a.height, options) === 0 && output === undefined)
    return 0;
  return pixelmatch(blur(a), blur(b), output, a.width, a.height, options);
}

/** The mean of each pixel and those around it. */
function blur({ width, height, data }: Picture): Uint8Array {
  const across = meanOfThree(data, 4, width * 4);
  return meanOfThree(across, width * 4, width * height * 4);
}

/** @param step how far neighbours are apart @param length of a run, at whose ends there is no neighbour */
function meanOfThree(data: Uint8Array, step: number, length: number): Uint8Array {
  const mean = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const own = data[i] ?? 0;
    const at = i % length;
    const before = at >= step ? (data[i - step] ?? own) : own;
    const after = at + step < length ? (data[i + step] ?? own) : own;
    mean[i] = (before + own + after) / 3;
  }
  return mean;
}

const differs = (a: Picture, b: Picture, bars: readonly Bar[]) =>
  !sameSize(a, b) || countDifferent(a, b) > MOST_DIFFERENT || countRecoloured(a, b, bars) > MOST_RECOLOURED;

function difference(
  expected: Picture,
  seen: Picture,
  bars: readonly Bar[],
): { said: string; picture: Picture } {
  const size = ({ width, height }: Picture) => `${width / SCALE} × ${height / SCALE}`;
  if (!sameSize(expected, seen))
    return { said: `${size(seen)} px in place of ${size(expected)}`, picture: seen };
  const picture = { ...seen, data: new Uint8Array(seen.data.length) };
  const count = countDifferent(expected, seen, picture.data);
  const recoloured = countRecoloured(expected, seen, bars);
  return { said: `${count} pixels differ, ${recoloured} of the bars' have another colour`, picture };
}

function save({ width, height, data }: Picture, path: string) {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  writeFileSync(path, PNG.sync.write(png));
}
