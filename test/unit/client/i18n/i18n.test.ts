import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { en } from "../../../../client/i18n/en.ts";
import { DASH, gib, percent, whole, withUnit } from "../../../../client/i18n/format.ts";
import { fullEn } from "../../../../client/i18n/full/en.ts";
import { fullZhCn } from "../../../../client/i18n/full/zh-cn.ts";
import { laterEn } from "../../../../client/i18n/later-en.ts";
import { laterZhCn } from "../../../../client/i18n/later-zh-cn.ts";
import { loadCatalog, loadLater, resolveLanguage } from "../../../../client/i18n/use-messages.ts";
import { zhCn } from "../../../../client/i18n/zh-cn.ts";
import { parseThrottle } from "../../../../server/sampling/parse-cell.ts";
import { problemsEn } from "../../../../shared/problems/en.ts";
import { problemsZhCn } from "../../../../shared/problems/zh-cn.ts";

/** Every text of a catalogue by its path. */
function texts(node: unknown, path: string): [string, string][] {
  if (typeof node === "string") return [[path, node]];
  return Object.entries(node ?? {}).flatMap(([key, child]) => texts(child, `${path}.${key}`));
}
/** All words of a language, those that are loaded later too. */
const english = texts(
  {
    ...en,
    full: fullEn,
    trouble: laterEn.trouble,
    settings: laterEn.settings,
    later: laterEn.release,
    fit: laterEn.fit,
    facts: laterEn.gpu,
    capacity: laterEn.capacity,
    jobs: laterEn.jobs,
    health: laterEn.health,
    room: laterEn.room,
    marks: laterEn.timeline,
  },
  "m",
);
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("catalogues", () => {
  const chinese = new Map(
    texts(
      {
        ...zhCn,
        full: fullZhCn,
        trouble: laterZhCn.trouble,
        settings: laterZhCn.settings,
        later: laterZhCn.release,
        fit: laterZhCn.fit,
        facts: laterZhCn.gpu,
        capacity: laterZhCn.capacity,
        jobs: laterZhCn.jobs,
        health: laterZhCn.health,
        room: laterZhCn.room,
        marks: laterZhCn.timeline,
      },
      "m",
    ),
  );

  test("PNL-5b each text has its counterpart with the same places in it, as often", () => {
    expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort());
    for (const [path, text] of english)
      expect([path, places(chinese.get(path) ?? "")]).toEqual([path, places(text)]);
  });

  test("PNL-5b no text was left in the other language", () => {
    for (const [path, text] of english)
      expect([path, /[\u3000-\u9fff\uff00-\uffef]/.test(text)]).toEqual([path, false]);
    const same = english.filter(([path, text]) => chinese.get(path) === text).map(([, text]) => text);
    // Names and units are the same in both.
    expect(
      same.filter(
        (text) =>
          !/^(?:GPU \{index\}|PID|\{time\} · \{by\} · \{mode\}|GPU \{gpus\}|CPU \{load\}\/\{count\}|Ubuntu|Docker|Windows|\{pct\}%|)$/.test(
            text,
          ),
      ),
    ).toEqual([]);
  });

  test("PNL-5b every throttle reason that a driver can name has words", () => {
    const reasons = parseThrottle("0x00000000000001FF") ?? [];
    expect(Object.keys(laterEn.gpu.throttleReasons).sort()).toEqual([...reasons].sort());
  });

  test("PNL-5b EMB-2 a language loads its own catalogues", async () => {
    expect([await loadCatalog("en"), await loadCatalog("zh-CN")]).toEqual([en, zhCn]);
    expect([await loadLater("en"), await loadLater("zh-CN")]).toEqual([laterEn, laterZhCn]);
    expect([laterEn.problems, laterZhCn.problems]).toEqual([problemsEn, problemsZhCn]);
  });
});

describe("the language", () => {
  test("EMB-2 a choice beats the browser; else the first of its languages that there is, else English", () => {
    fc.assert(
      fc.property(fc.constantFrom("en", "zh-CN"), fc.array(fc.string()), (choice, preferred) => {
        expect(resolveLanguage(choice, preferred)).toBe(choice);
      }),
    );
    const auto = (...preferred: string[]) => resolveLanguage("auto", preferred);
    expect([auto("zh"), auto("ZH-hans-cn"), auto("de", "zh-HK", "en"), auto("zha")]).toEqual([
      "zh-CN",
      "zh-CN",
      "zh-CN",
      "en",
    ]);
    expect([auto("en-US", "zh-CN"), auto("de", "fr"), auto("eng", "zh")]).toEqual(["en", "en", "zh-CN"]);
  });
});

describe("figures", () => {
  test("PNL-2 unknown is a dash, and nothing known is", () => {
    expect([gib(null), whole(null), withUnit(null, " °C"), percent(null)]).toEqual([DASH, DASH, DASH, DASH]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (value) => {
        for (const text of [gib(value), whole(value), withUnit(value, " W"), percent(value)])
          expect(text).toMatch(/^[\d,.]+(?: .|%)?$/);
      }),
    );
  });

  test("PNL-2 a percentage is within one of the truth, 100 only when full and 0 only when empty", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (value) => {
        const shown = Number(percent(value).replace("%", ""));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(1);
        expect(shown === 100).toBe(value === 100);
        expect(shown === 0).toBe(value === 0);
      }),
    );
    expect([99.5, 99.999, 0.001].map(percent)).toEqual(["99%", "99%", "1%"]);
  });

  test("PNL-2 grouped digits are the same number", () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        expect(whole(value)).toBe(value.toLocaleString("en-US"));
      }),
    );
    expect([gib(39_500), gib(1024), gib(0)]).toEqual(["38.6", "1.0", "0.0"]);
  });
});
