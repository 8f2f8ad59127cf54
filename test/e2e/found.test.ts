import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { openDetails, releaseButton, releaseResult } from "../helpers/on-panel.ts";
import { COMFYUI, type OwnBackend, startOwnBackend } from "../helpers/own-backend.ts";
import type { Rig, RigOptions } from "../helpers/rig.ts";

const { browser, start } = inBrowser();
const GPU = fakeGpu(0, { "memory.used": 18_000, "utilization.gpu": 0 });

/** A machine on whose GPU these programs are and where nothing is set up, as a newcomer opens it. */
async function open(programs: readonly OwnBackend[], query = "", options: RigOptions = {}) {
  const processes = programs.map(({ pid }) => ({
    ...{ gpu_uuid: String(GPU.uuid), pid, process_name: "python", used_memory: 17_000 },
  }));
  const rig: Rig = await start({
    script: { gpus: [GPU], processes },
    ...options,
    // On a busy machine a program is slow to greet, and is not asked again for long.
    timings: (scaled) => ({ ...scaled, patience: { ...scaled.patience, greetingMs: 20_000 } }),
    settings: { backends: [], findBackends: true, releasePatience: 60_000 },
  });
  const page: Page = await browser.open(rig.sidecar.url + query);
  return { rig, page };
}

describe("a newcomer's machine", () => {
  test("FND-4 the first button works: it offers what was found, by keyboard alone, and then releases, measured", async () => {
    let free = () => {};
    const comfyui = await startOwnBackend(COMFYUI, {
      onAsked: (asked) => asked === "POST /free" && free(),
    });
    const { rig, page } = await open([comfyui]);
    free = () => rig.fake.setGpu(0, { "memory.used": 1_616 });
    await page.getByText(`ComfyUI on :${comfyui.port} uses this card.`).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await releaseButton(page).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText(`ComfyUI on :${comfyui.port} uses this card.`).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Let Release reach it" }).focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Release now" }).click();
    await releaseResult(page).getByText("16.0 GiB released").waitFor();
  });

  test("FND-4 FND-4c by one click beside the button, in Chinese and compact; it can be forgotten, and dismissed", async () => {
    const comfyui = await startOwnBackend();
    const { page } = await open([comfyui], "embed?view=compact&lang=zh-CN");
    const offer = `:${comfyui.port} 上的 ComfyUI 正在使用这块显卡。`;
    await page.getByText(offer).waitFor();
    await page.getByRole("button", { name: "允许释放它的显存" }).click();
    await page.getByText(offer).waitFor({ state: "detached" });
    await page.goto(page.url().replace("embed?view=compact&lang=zh-CN", ""));
    await releaseButton(page).click();
    await page.getByRole("button", { name: "Release now" }).waitFor();
    await page.keyboard.press("Escape");
    await openDetails(page);
    await page.getByRole("button", { name: "Forget: ComfyUI" }).click();
    await page.keyboard.press("Escape");
    await releaseButton(page).click();
    await page.getByRole("dialog").getByRole("button", { name: "Do not offer it" }).click();
    await page.keyboard.press("Escape");
    await page.getByText("No generation backend is set up.").first().waitFor();
    expect(await releaseButton(page).isDisabled()).toBe(true);
  });

  test("FND-2b FND-4b what cannot unload is told of with a line of code; a reader sees the offer without its button", async () => {
    const gradio = await startOwnBackend({ "GET /config": { version: "5.49.1", mode: "blocks" } });
    const comfyui = await startOwnBackend();
    const { rig, page } = await open([gradio, comfyui], "", { flags: ["--token", "secret-token"] });
    await page.getByText(/uses this card/).waitFor();
    expect(await releaseButton(page).isDisabled()).toBe(true);
    await openDetails(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByText(`ComfyUI on :${comfyui.port} uses this card.`).waitFor();
    await dialog.getByText("unload_hook(free_models)").waitFor();
    expect(await dialog.getByRole("button", { name: /Let Release|Do not offer/ }).count()).toBe(0);
    const allowed = await browser.open(`${rig.sidecar.url}#token=secret-token`);
    await releaseButton(allowed).click();
    await allowed.getByRole("button", { name: "Let Release reach it" }).waitFor();
    expect(await axeViolations(allowed)).toEqual([]);
  });
});
