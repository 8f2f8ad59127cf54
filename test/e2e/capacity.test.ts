import type { Page } from "playwright-core";
import * as v from "valibot";
import { expect, test } from "vitest";
import { en } from "../../client/i18n/en.ts";
import { fitEn } from "../../client/i18n/fit/en.ts";
import { fitZhCn } from "../../client/i18n/fit/zh-cn.ts";
import { gib } from "../../client/i18n/format.ts";
import { profilesEn } from "../../client/i18n/profiles/en.ts";
import { profilesZhCn } from "../../client/i18n/profiles/zh-cn.ts";
import { roomEn } from "../../client/i18n/room/en.ts";
import { roomZhCn } from "../../client/i18n/room/zh-cn.ts";
import { zhCn } from "../../client/i18n/zh-cn.ts";
import { roomWord } from "../../client/panel/concurrency/RoomWord.tsx";
import { explainGpu } from "../../shared/capacity/explain.ts";
import { capacityWordsEn } from "../../shared/capacity/words-en.ts";
import { capacityWordsZhCn } from "../../shared/capacity/words-zh-cn.ts";
import { fillIn } from "../../shared/problems/fill-in.ts";
import { type CapacityState, stateSchema } from "../../shared/protocol/state.ts";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { rowOf as card, openRow, openWhy } from "../helpers/on-panel.ts";

const { browser, start } = inBrowser();

/** Every sentence of the catalogues stands in pictures; here either language is followed once, or one of the two. */
const LANGUAGES = [
  { lang: "en", m: en, room: roomEn, fit: fitEn, arithmetic: capacityWordsEn, say: profilesEn },
  { lang: "zh-CN", m: zhCn, room: roomZhCn, fit: fitZhCn, arithmetic: capacityWordsZhCn, say: profilesZhCn },
] as const;

const fitSchema = v.object({
  canStart: v.nullable(v.number()),
  missingMiB: v.nullable(v.number()),
  never: v.boolean(),
  perGpu: v.array(v.object({ index: v.number(), canStart: v.nullable(v.number()) })),
});

async function stateOf(url: string) {
  const answer: unknown = await (await fetch(`${url}api/v1/state`)).json();
  return v.parse(v.object({ state: stateSchema }), answer).state;
}

/** A legend row of a GPU's bar: MiB, `null` where it shows a dash, 0 where there is no such row. */
async function pieceOf(page: Page, gpu: number, piece: string): Promise<number | null> {
  const row = card(page, gpu).locator(`.pieces li[data-piece="${piece}"]`);
  if ((await row.count()) === 0) return 0;
  // To the MiB for who points at it.
  await page.mouse.move(0, 0);
  await row.hover();
  const [, figure = "?"] = /: (?:([\d,]+) MiB|—)/.exec((await row.getAttribute("title")) ?? "?: ? MiB") ?? [];
  return figure === "?" ? null : Number(figure.replaceAll(",", ""));
}

/** Two cards: on one a backend with models between two jobs beside an LLM server, on the other a declared job. */
const rigOptions = {
  script: {
    gpus: [
      fakeGpu(0, { "memory.total": 49_140, "memory.used": 20_000, "utilization.gpu": 97 }),
      fakeGpu(1, { "memory.total": 81_559, "memory.used": 1_000, "memory.reserved": 559 }),
    ],
    processes: [
      { gpu_uuid: String(fakeGpu(0).uuid), pid: 99_001, process_name: "ollama", used_memory: 6_000 },
      { gpu_uuid: String(fakeGpu(0).uuid), pid: 99_002, process_name: "python", used_memory: 13_400 },
    ],
  },
};

test.each(LANGUAGES)(
  "CAP-5 PNL-22 what runs, what may start, how many at most and the arithmetic are the API's, $lang",
  async ({ lang, room, arithmetic }) => {
    const { sidecar } = await start(rigOptions);
    const jobs = jobsClient(() => sidecar.url);
    await jobs.ask({ label: "clip", profile: "wan2.1-14b-t2v-480p", gpuIndexes: [1] });
    const page = await browser.open(`${sidecar.url}?lang=${lang}`);
    for (const index of [0, 1]) await openRow(page, index);
    await openWhy(page);
    await expect
      .poll(
        async () => {
          const { capacity } = await stateOf(sidecar.url);
          return differences(page, capacity);
        },
        { timeout: 30_000 },
      )
      .toEqual([]);

    async function differences(page: Page, { perGpu, canStart, recommendedMax }: CapacityState) {
      const found: string[] = [];
      const same = (what: string, shown: unknown, api: unknown) => {
        if (shown !== api) found.push(`${what}: panel ${shown}, API ${api}`);
      };
      const text = (id: string) => page.getByTestId(id).innerText();
      const numberIn = async (id: string) => /\d+/.exec(await text(id))?.[0];
      const running = perGpu.reduce((sum, one) => sum + (one.running ?? 0), 0);
      same("may start", await text("can-start"), String(canStart));
      same("running", await numberIn("running"), String(running));
      same("at most", await numberIn("recommended-max"), String(recommendedMax));
      // Which of the two processes on the first GPU works cannot be told.
      same("of the test", running, 1);
      for (const gpu of perGpu) {
        const sentences = explainGpu(gpu, arithmetic);
        if (lang === "en") same(`explanation ${gpu.index}`, sentences, gpu.explanation);
        same(`arithmetic ${gpu.index}`, await page.getByText(sentences).count(), 1);
        const line = fillIn(room.line, {
          running: gpu.running ?? "?",
          n: gpu.canStart ?? "?",
          max: gpu.recommendedMax ?? "?",
        });
        same(`card ${gpu.index}`, await card(page, gpu.index).getByText(line, { exact: true }).count(), 1);
      }
      return found;
    }
  },
);

test.each(LANGUAGES.slice(0, 1))(
  "CAP-5 PNL-20 PNL-20b the pieces of the bar are the API's, $lang",
  async ({ lang, room }) => {
    const { sidecar } = await start({
      backends: ["http"],
      script: {
        gpus: rigOptions.script.gpus.slice(0, 1),
        processes: [],
      },
    });
    const page = await browser.open(`${sidecar.url}?lang=${lang}`);
    await openRow(page, 0);
    const shown = async () => {
      const { capacity } = await stateOf(sidecar.url);
      const bar = capacity.perGpu[0]?.bar;
      if (bar == null) return ["no bar"];
      const of = (piece: string) => pieceOf(page, 0, piece);
      const rows: [string, number | null, number | null][] = [
        // What the driver keeps is a piece of its own here.
        [
          "others",
          ((await of("others")) ?? 0) + ((await of("untold")) ?? 0) + ((await of("driver")) ?? 0),
          bar.othersMiB,
        ],
        ["backend", await of("backend"), bar.backendMiB],
        ["tensors", await of("tensors"), bar.tensorsMiB],
        ["cache", await of("cache"), bar.cacheMiB],
        ["promised", await of("promised"), bar.promisedMiB],
        ["reserve", await of("reserve"), bar.reserveMiB],
        ["free", await of("free"), bar.freeMiB],
      ];
      return rows.filter(([, panel, api]) => panel !== api).map((row) => row.join(" "));
    };
    await expect.poll(shown, { timeout: 30_000 }).toEqual([]);
    expect(await pieceOf(page, 0, "tensors")).toBe(17_500);
    expect(await pieceOf(page, 0, "cache")).toBe(500);
    const legend = card(page, 0).locator(".pieces");
    expect(await legend.innerText()).toContain(room.pieces.tensors);
    expect(await legend.innerText()).toContain(`${gib(17_500)} GiB`);
    // What a release would bring is told beside what is free, and is no part of it.
    await card(page, 0).getByText(room.reclaimable).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  },
);

test.each(LANGUAGES.slice(1))(
  "CAP-30 PNL-23 the chosen profile's fit is the API's, $lang",
  async ({ lang, m, room, fit, say }) => {
    const { sidecar } = await start({ script: { gpus: rigOptions.script.gpus, processes: [] } });
    const page = await browser.open(`${sidecar.url}?lang=${lang}`);
    await openWhy(page);
    await page.getByText(room.compare).click();
    for (const [profile, label] of [
      ["wan2.1-14b-i2v-720p", "Wan2.1 14B I2V 720p"],
      ["wan2.1-14b-t2v-720p-x2", "Wan2.1 14B T2V 720p · 2 GPUs"],
      ["cogvideox-2b-t2v-tuned", "CogVideoX-2b T2V · tuned"],
    ] as const) {
      await page.getByRole("button", { name: say({ label }).label, exact: true }).click();
      expect(await page.getByLabel(m.concurrency.profile).inputValue()).toBe(profile);
      const answer = v.parse(
        fitSchema,
        await (await fetch(`${sidecar.url}api/v1/fit?profile=${profile}`)).json(),
      );
      await page.getByTestId("can-start").getByText(String(answer.canStart), { exact: true }).waitFor();
      for (const { index, canStart } of answer.perGpu)
        await card(page, index).getByText(roomWord(canStart, m.concurrency.room), { exact: true }).waitFor();
      if (answer.canStart === 0) {
        await page.getByText(fit.title).waitFor();
        const told = answer.never ? fit.never : fillIn(fit.missing, { gib: gib(answer.missingMiB) });
        await page.getByText(told).waitFor();
      }
      // Each figure says what it rests on.
      const { profiles } = v.parse(
        v.object({
          profiles: v.array(v.object({ id: v.string(), peakMiB: v.number(), source: v.string() })),
        }),
        await (await fetch(`${sidecar.url}api/v1/profiles`)).json(),
      );
      const known = profiles.find(({ id }) => id === profile);
      const basis = page.locator(".why > .basis");
      expect(await basis.innerText()).toContain(room.basis.published);
      expect(await basis.innerText()).toContain(
        fillIn(room.basis.peak, { gib: gib(known?.peakMiB ?? null) }),
      );
      expect(await basis.innerText()).toContain(say({ label, source: known?.source ?? "?" }).source);
    }
    expect(await axeViolations(page)).toEqual([]);
  },
);

test("CAP-8b jobs that took 15 % more than configured are told of, and one click takes their figure over", async () => {
  const { sidecar } = await start({
    settings: { profiles: [{ id: "mine", label: "Mine", peakMiB: 8_000 }] },
  });
  const jobs = jobsClient(() => sidecar.url);
  for (let i = 0; i < 3; i++) {
    const { job } = await jobs.ask({ profile: "mine" });
    await jobs.end(job?.id ?? "", { outcome: "done", peakMiB: 9_200 });
  }
  const told = (words: string) => fillIn(words, { pct: 15 });
  const chinese = await browser.open(`${sidecar.url}?model=mine&lang=zh-CN`);
  await openWhy(chinese);
  await chinese.getByText(told(roomZhCn.drift.more)).waitFor();
  const page = await browser.open(`${sidecar.url}?model=mine`);
  await openWhy(page);
  const basis = page.locator(".why > .basis");
  await basis.getByText(told(roomEn.drift.more)).waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await basis.getByRole("button", { name: roomEn.drift.take }).click();
  await basis.getByText(told(roomEn.drift.more)).waitFor({ state: "detached" });
  expect(await basis.innerText()).toContain(fillIn(roomEn.basis.peak, { gib: gib(9_200) }));
  expect(await basis.innerText()).toContain(roomEn.basis.configured);
});
