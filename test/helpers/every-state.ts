import { describe, expect, test } from "vitest";
import { NOW_MS } from "../gallery/fixtures.ts";
import { STATES } from "../gallery/states.ts";
import { inGallery, overflowOf, show } from "./in-gallery.ts";
import { openAlbum } from "./pictures.ts";

export interface Look {
  view: string;
  width: number;
  theme: string;
  lang: string;
  /** Of the states, in their order, every so many'th, beginning with the first or a later one. Left out: all. */
  share?: { every: number; from: number };
}

/** The name of its sheet of pictures. */
export const nameOf = ({ view, width, theme, lang }: Look) => `${view}-${width}-${theme}-${lang}`;

/** Each state in one of two looks of the full view, every fourth one in the other views. The rest is looked at in the long tier. */
export const LOOKS_OF_NPM_TEST: readonly Look[] = [
  { view: "full", width: 1280, theme: "light", lang: "en", share: { every: 2, from: 0 } },
  { view: "full", width: 320, theme: "dark", lang: "zh-CN", share: { every: 2, from: 1 } },
  { view: "compact", width: 260, theme: "dark", lang: "en", share: { every: 4, from: 0 } },
  { view: "bar", width: 320, theme: "light", lang: "en", share: { every: 4, from: 2 } },
];

/** Higher panels are photographed so far. */
const TALLEST = 1800;

const isOf = (share: Look["share"], i: number) => share === undefined || i % share.every === share.from;

/** Every state of the gallery in each of these looks: as it is in its picture, and no wider than its place. */
export function everyStateLooksAsKept(looks: readonly Look[]) {
  const open = inGallery();
  describe.each(looks)("$view, $width px, $theme, $lang", (look) => {
    test("PNL-35 PNL-5 every state looks as in its picture, and none is wider than its place", async () => {
      const [first = ""] = Object.keys(STATES);
      const page = await open({ ...look, state: first, height: TALLEST, picture: true });
      await page.clock.setFixedTime(NOW_MS);
      const album = await openAlbum(page, nameOf(look));
      // What is loaded when it is first shown has come before it is photographed.
      const all = Object.keys(STATES).filter((state) => !album.stays(state));
      const states = album.renews ? all : all.filter((_, i) => isOf(look.share, i));
      if (album.renews) for (const state of states) await show(page, state);
      const wrong: string[] = [];
      for (const state of states) {
        await show(page, state, true);
        let complaint = await album.compare(state);
        // On a machine that does much else, figures that are old were so for longer by the time of the picture.
        if (complaint !== null) {
          await show(page, state, true);
          complaint = await album.compare(state);
        }
        if (complaint !== null) wrong.push(complaint);
        const wider = await overflowOf(page);
        if (wider > 0) wrong.push(`${state}: ${wider} px wider than its place`);
      }
      album.close();
      expect(wrong, `${wrong.join("\n")}\nUPDATE_PICTURES=1 keeps what is seen.`).toEqual([]);
    }, 600_000);
  });
}
