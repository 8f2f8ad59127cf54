import { join } from "node:path";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { COMFYUI, startComfyUi } from "./comfyui-server.ts";
import {
  filmsOf,
  modelsOf,
  type Prompt,
  picturesOf,
  readTemplates,
  toPrompt,
  writeFilms,
  writeModel,
  writePicture,
} from "./comfyui-templates.ts";

const { browser } = inBrowser();
const found = COMFYUI === null ? null : readTemplates();
/** A page that has loaded so many workflows takes as much memory as Chromium gives it. */
const A_PAGE = 40;
/** Only those whose name has this in it: a look, for which nothing is counted. */
const ONLY = process.env.COMFYUI_TEMPLATES ?? "";

const signatureSchema = v.looseObject({
  kind: v.string(),
  width: v.nullable(v.number()),
  steps: v.nullable(v.number()),
});
const unknownSchema = v.record(v.string(), v.object({ why: v.string(), what: v.string() }));
const describedSchema = v.object({ signature: v.nullable(signatureSchema), unknown: unknownSchema });
type Described = v.InferOutput<typeof describedSchema>;

/** Of workflows that need a GPU here: of how many each is known. */
function count(all: readonly Described[]) {
  const known = (what: string, of: readonly Described[]) =>
    of.filter(({ unknown }) => !(what in unknown)).length;
  const videos = all.filter(({ signature }) => signature?.kind === "video");
  const each = { size: known("size", all), steps: known("steps", all), dtype: known("dtype", all) };
  const whole = all.filter(({ unknown }) => Object.keys(unknown).length === 0).length;
  return { all: all.length, ...each, videos: videos.length, frames: known("frames", videos), whole };
}

test.runIf(found !== null)(
  "HOST-6 real ComfyUI: what its templates need is read from what its page would send, and nothing is guessed",
  { timeout: 3_600_000 },
  async () => {
    if (found === null) throw new Error("comfyui-workflow-templates-json is not installed");
    const comfy = await startComfyUi({ withPartners: true });
    const fresh = async () => {
      const { page } = await browser.openForeign(comfy.url);
      await page.waitForFunction("window.app?.graph && window.app.extensionManager");
      return page;
    };
    const chosen = found.templates.filter(({ name }) => name.includes(ONLY));
    const prompts = new Map<string, Prompt>();
    const failed: string[] = [];
    const byPage = new Map<string, Described>();
    let page: Page | undefined;
    for (const [i, template] of chosen.entries()) {
      if (page === undefined || i % A_PAGE === 0) {
        await page?.context().close();
        page = await fresh();
      }
      const prompt = await toPrompt(page, template).catch((error: unknown) => {
        failed.push(`${template.name}: ${String(error).split("\n")[0]}`);
        return {};
      });
      if (Object.keys(prompt).length === 0) continue;
      prompts.set(template.name, prompt);
      const told: unknown = await page.evaluate(async (body) => {
        const headers = { "content-type": "application/json" };
        const asked = { method: "POST", headers, body: JSON.stringify({ prompt: body }) };
        return (await fetch("gpu-status-panel/comfyui/fit", asked)).json();
      }, prompt);
      byPage.set(template.name, v.parse(describedSchema, told));
    }
    const describe = async () => {
      const body = JSON.stringify([...prompts.values()]);
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${comfy.url}test/described`, { method: "POST", headers, body });
      return v.parse(v.array(describedSchema), await answer.json());
    };
    // As the page asks and as ComfyUI's own process describes the job: the same.
    const described = await describe();
    expect([...byPage.values()]).toEqual(described);
    for (const { unknown } of described)
      for (const { why } of Object.values(unknown))
        expect(why).toMatch(/^(?:node|file|video|missing|circle|absent|none)$/);

    // Where their files lie in ComfyUI's folders, headers tell the precision that a name does not, and the size of pictures and
    // films. What these say is made up: it is counted how much is known, not what.
    for (const { workflow } of found.templates)
      for (const { name, directory } of modelsOf(workflow))
        writeModel(join(comfy.folder, "models", directory, name));
    for (const prompt of prompts.values())
      for (const name of picturesOf(prompt)) writePicture(join(comfy.folder, "input", name));
    writeFilms(join(comfy.folder, "input"), [...prompts.values()].flatMap(filmsOf));
    const withFiles = await describe();

    const onGpu = (all: readonly Described[]) => all.filter(({ signature }) => signature !== null);
    const samples = ({ signature, unknown }: Described) => signature?.steps !== null || "steps" in unknown;
    const seen = {
      version: found.version,
      converted: prompts.size,
      byName: count(onGpu(described)),
      withFiles: count(onGpu(withFiles)),
      sampling: count(onGpu(withFiles).filter(samples)),
      // Pictures and films, without sound and solids, which have no width.
      sized: count(
        onGpu(withFiles).filter(
          (one) => samples(one) && (one.signature?.width !== null || "size" in one.unknown),
        ),
      ),
    };
    process.stdout.write(`templates: ${JSON.stringify(seen)}\n`);
    for (const [at, name] of [...prompts.keys()].entries()) {
      const one = withFiles[at];
      if (one === undefined || one.signature === null || !samples(one)) continue;
      for (const [what, { why, what: of }] of Object.entries(one.unknown))
        process.stdout.write(`  ${name}: ${what}: ${why} ${of}\n`);
    }
    if (ONLY !== "") return expect(failed).toEqual([]);
    // One of them (basic_image_color_adjustment) cannot be loaded by the page's own code in frontend 1.58.1.
    expect(failed.length, failed.join("\n")).toBeLessThanOrEqual(1);
    expect(seen.converted).toBeGreaterThanOrEqual(643);
    expect(seen.sized.size).toBeGreaterThanOrEqual(204);
    expect(seen.sampling.frames).toBeGreaterThanOrEqual(70);
    expect(seen.sampling.steps).toBeGreaterThanOrEqual(220);
    expect(seen.sampling.whole).toBeGreaterThanOrEqual(193);
  },
);
