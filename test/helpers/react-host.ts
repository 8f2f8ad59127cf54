import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import react from "@vitejs/plugin-react";
import type { Page } from "playwright-core";
import { createServer, preview } from "vite";
import { afterEach, beforeAll, expect, test } from "vitest";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import { inBrowser } from "./in-browser.ts";
import { countLeftovers, expectLeftovers } from "./leftovers.ts";
import { type PackedPackage, packPackage } from "./packed-package.ts";
import type { ReadmeSnippets } from "./readme-snippets.ts";
import { countSockets, type PageSockets } from "./sockets.ts";

/** Tests of a React app that follows the README, with these major versions of React. @param built its production build too */
export function testReactHost(readme: ReadmeSnippets, majors: readonly number[], built: boolean) {
  const { browser, start } = inBrowser();
  const HOST = fileURLToPath(new URL("../fixtures/hosts/react-app", import.meta.url));
  const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const VITE = fileURLToPath(new URL("../../node_modules/vite/bin/vite.js", import.meta.url));

  let packed: PackedPackage;
  beforeAll(async () => {
    packed = await packPackage();
  }, 120_000);
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    // The pages first: what they still load would be missing.
    await browser.finishTest();
    for (const close of closers.splice(0)) await close();
  });

  /** The README's steps in a folder of their own, around a host of ours: the app's folder. */
  async function followReadme(major: number, sidecarUrl: string): Promise<string> {
    expect(readme.take("sh", "app").code).toBe("npm install gpu-status-panel\n");
    const app = await packed.withReact(major);
    cpSync(HOST, app, { recursive: true });
    const { file, code } = readme.take("tsx", "src/App.tsx");
    writeFileSync(join(app, file), code.replaceAll("http://localhost:7870/", sidecarUrl));
    return app;
  }

  /** Two GPUs, the first of which a release empties. */
  async function startSidecar() {
    const app = await packed.installed();
    return start({
      program: packed.program(app),
      script: { gpus: [fakeGpu(0, { "memory.used": 20_000 }), fakeGpu(1, { "memory.used": 3000 })] },
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 2000 });
        response.writeHead(204).end();
      },
    });
  }

  const live = (page: Page, nth: number) => page.getByTestId("status").nth(nth).getByText("Live").waitFor();

  for (const major of majors) {
    test(`EMB-8 React ${major}: two panels under StrictMode, one connection, nothing left`, async () => {
      const rig = await startSidecar();
      const app = await followReadme(major, rig.sidecar.url);
      await promisify(execFile)(process.execPath, [TSC, "-p", app]);
      // The development build of React, which mounts everything twice.
      const server = await createServer({
        root: app,
        cacheDir: join(app, ".vite"),
        configFile: false,
        logLevel: "warn",
        plugins: [react()],
        server: { host: "127.0.0.1", port: 0 },
      });
      closers.push(() => server.close());
      await server.listen();
      let sockets: PageSockets | undefined;
      const page = await browser.open(
        `${server.resolvedUrls?.local[0]}?sidecar=${encodeURIComponent(rig.sidecar.url)}`,
        {},
        async (opened) => {
          sockets = countSockets(opened, rig.sidecar.url);
          await countLeftovers(opened);
        },
      );
      expect(await page.locator("h1").first().innerText()).toMatch(`React ${major}.`);
      for (const nth of [0, 1]) await live(page, nth);
      expect(sockets?.opened()).toBe(1);
      // The second shows one GPU, the first both.
      await expect.poll(() => page.locator(".mine").getByRole("progressbar").count()).toBe(1);
      await expect.poll(() => page.locator("output").innerText()).toBe("20000 3000");
      rig.fake.setGpu(1, { "memory.used": 4096 });
      await expect.poll(() => page.locator("output").innerText()).toBe("20000 4096");

      await page.getByRole("button", { name: "Dark" }).click();
      await page.locator('.mine .panel[data-theme="dark"]').waitFor();
      await page.locator("aside").getByRole("button", { name: "Release VRAM" }).click();
      await page
        .locator("aside")
        .getByRole("dialog")
        .getByRole("button", { name: /Release/ })
        .click();
      await page.getByText("18000 MiB came back.").waitFor();

      const toggle = page.getByRole("button", { name: "Toggle" });
      await toggle.click();
      await expect.poll(() => sockets?.open()).toBe(0);
      // Vite's own client keeps its connection alive with a timer.
      await expectLeftovers(page, { timers: 1, observers: 0 });
      await toggle.click();
      for (const nth of [0, 1]) await live(page, nth);
      expect(sockets?.opened()).toBe(2);
    });
  }
  if (!built) return;
  test("EMB-8 a production build has one React, and the chart in a file of its own", async () => {
    const rig = await startSidecar();
    expect(readme.take("sh", "sidecar").code).toBe("npx gpu-status-panel\n");
    const app = await followReadme(19, rig.sidecar.url);
    expect(readme.left()).toEqual([]);
    // In a process of its own: this one's NODE_ENV would make it a build for tests.
    const { NODE_ENV: _, ...env } = process.env;
    await promisify(execFile)(process.execPath, [VITE, "build", "--logLevel", "error"], { cwd: app, env });
    const assets = join(app, "dist/assets");
    const files = readdirSync(assets).map((name) => readFileSync(join(assets, name), "utf8"));
    // A sentence of React DOM's own, once.
    expect(files.filter((text) => text.includes("react.dev/errors/")).length).toBe(1);
    const charts = readdirSync(assets).filter((name) => name.startsWith("TimelineChart"));
    expect(charts).toHaveLength(1);
    const server = await preview({
      root: app,
      configFile: false,
      logLevel: "error",
      preview: { host: "127.0.0.1", port: 0 },
    });
    closers.push(() => server.close());
    const loaded: string[] = [];
    const page = await browser.open(
      `${server.resolvedUrls?.local[0]}?sidecar=${encodeURIComponent(rig.sidecar.url)}`,
      {},
      (opened) => {
        opened.on("request", (request) => loaded.push(request.url()));
      },
    );
    for (const nth of [0, 1]) await live(page, nth);
    expect(loaded.filter((url) => url.includes("TimelineChart"))).toEqual([]);
  });
}
