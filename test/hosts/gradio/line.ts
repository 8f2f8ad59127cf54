import { expect, onTestFinished, test } from "vitest";
import { newerNode } from "../../helpers/newer-node.ts";
import { freePort, startNginx } from "../../helpers/proxy.ts";
import { isPanelUp } from "../../helpers/python-host.ts";
import { waitUntil } from "../../helpers/wait-until.ts";
import { startCaller } from "./caller.ts";

import { framesOf, type InGradio, PANEL, POST, usedMiB } from "./in-gradio.ts";

/** What the README promises of the one line. */
export function testLine({ version, readme, scripts, browser, startHost, run, running }: InGradio) {
  test(`GRA-1 GRA-3 GRA-7 HOST-1 Gradio: the README's line gives the page a live panel, whose release parks the model until the next run`, {
    // The first of a fresh clone waits for its Gradio to be fetched, too.
    timeout: 600_000,
  }, async () => {
    const { ports, write } = await startHost();
    const url = `http://127.0.0.1:${ports.host}/`;
    write("app.py", readme.take("python", "app.py").code);
    await run(scripts.startOwn, () => isPanelUp(url + PANEL));
    const { page, logged } = await browser.openForeign(`${url}?__theme=dark`, {
      viewport: { width: 1100, height: 1500 },
    });
    const frame = page.frameLocator("iframe.gpu-status-panel");
    await frame.getByTestId("status").first().getByText("Live").waitFor();
    expect(await page.locator("iframe.gpu-status-panel").getAttribute("src")).toContain("theme=dark");
    await page.evaluate(() => document.body.classList.remove("dark"));
    await frame.locator('html[data-theme="light"], [data-theme="light"]').first().waitFor();
    await waitUntil(
      () => page.locator("iframe.gpu-status-panel").evaluate((one) => one.style.height !== "320px"),
      { what: "the height of the panel" },
    );
    const caller = await startCaller(running(), url);
    await caller.predict("/generate", "a fox", 640, 480);
    const { jobs } = await (await fetch(`${url}${PANEL}api/v1/jobs`)).json();
    expect(jobs).toMatchObject([{ state: "done", label: expect.stringMatching(/app\.generate 640×480$/) }]);
    await frame.getByRole("button", { name: "Release VRAM" }).click();
    await frame.getByRole("button", { name: "Release now" }).click();
    await frame.getByText("4.0 GiB released").first().waitFor();
    await caller.predict("/generate", "a fox", 640, 480);
    await waitUntil(async () => (await usedMiB(url + PANEL)) > 4600, { what: "the model to be back" });
    expect(framesOf(page, url)).toHaveLength(2);
    expect(logged.filter((line) => /gradio_api\/gpu|socket\.io|gpu-status-panel/.test(line))).toEqual([]);
  });

  test("GRA-1 GRA-2 Gradio: mounted below a path with a log-in, nobody sees or releases anything without it", async () => {
    const { ports, write } = await startHost();
    const base = `http://127.0.0.1:${ports.host}/demo/`;
    write("mounted.py", readme.take("python", "mounted.py").code);
    const login = async () =>
      (
        await fetch(`${base}login`, {
          method: "POST",
          body: new URLSearchParams({ username: "ada", password: "secret" }),
        })
      ).headers
        .getSetCookie()
        .map((cookie) => cookie.split(";")[0])
        .join("; ");
    let cookie = "";
    await run("python mounted.py", async () => {
      cookie ||= await login();
      return (await fetch(`${base}${PANEL}healthz`, { headers: { cookie } })).status === 200;
    });
    const status = async (path: string, options: RequestInit = {}) =>
      (await fetch(base + PANEL + path, options)).status;
    for (const path of [
      "healthz",
      "api/v1/state",
      "frame.js",
      "embed",
      "socket.io/?EIO=4&transport=polling",
    ]) {
      expect([path, await status(path)]).toEqual([path, 403]);
      expect([path, await status(path, { headers: { cookie: cookie.replaceAll("=", "=x") } })]).toEqual([
        path,
        403,
      ]);
      expect([path, await status(path, { headers: { cookie } })]).toEqual([path, 200]);
    }
    expect(await status("api/v1/release", POST)).toBe(403);
    expect(await status("api/v1/release", { ...POST, headers: { ...POST.headers, cookie } })).toBe(202);
  });

  test("GRA-1 GRA-2 GRA-3 Gradio: below a path of nginx the panel is live, releases, and its frame finds it", async () => {
    const { ports, write } = await startHost({ GRADIO_ROOT_PATH: "/demos/wan" });
    const own = `http://127.0.0.1:${ports.host}/`;
    write("app.py", readme.take("python", "app.py").code);
    await run(scripts.startOwn, () => isPanelUp(own + PANEL));
    const port = await freePort();
    // As Gradio's own guide has it, but with the port in Host.
    const nginx = await startNginx(
      {
        "conf.d/demo.conf": `server {
  listen ${port};
  location /demos/wan/ {
    proxy_pass ${own};
    proxy_buffering off;
    proxy_redirect off;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $http_connection;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
  }
}
`,
      },
      port,
    );
    onTestFinished(() => nginx.close());
    const url = `http://127.0.0.1:${port}/demos/wan/`;
    const { page, logged } = await browser.openForeign(url, { viewport: { width: 1100, height: 1500 } });
    const frame = page.frameLocator("iframe.gpu-status-panel");
    await frame.getByTestId("status").first().getByText("Live").waitFor();
    expect(await page.locator("iframe.gpu-status-panel").getAttribute("src")).toContain(
      `${url}${PANEL}embed`,
    );
    const caller = await startCaller(running(), url);
    await caller.predict("/generate", "a fox", 640, 480);
    await frame.getByRole("button", { name: "Release VRAM" }).click();
    await frame.getByRole("button", { name: "Release now" }).click();
    await frame.getByText("4.0 GiB released").first().waitFor();
    expect((await fetch(`${url}${PANEL.slice(0, -1)}`)).url).toBe(`${url}${PANEL}`);
    expect(logged.filter((line) => /gradio_api\/gpu|socket\.io|gpu-status-panel/.test(line))).toEqual([]);
  });

  test.skipIf(version === 4)(
    "GRA-1 GRA-3 Gradio: with Node before it the panel is live, and no frame holds itself",
    async (context) => {
      const node = newerNode();
      if ("missing" in node) return context.skip(node.missing);
      const { ports, write } = await startHost({ GRADIO_SSR_MODE: "true", GRADIO_NODE_PATH: node.path });
      const url = `http://127.0.0.1:${ports.host}/`;
      write("app.py", readme.take("python", "app.py").code);
      await run(scripts.startOwn, () => isPanelUp(url + PANEL));
      // What SvelteKit's server brings, and Gradio's Python does not.
      expect(await (await fetch(url)).text()).toContain("_app/immutable");
      const { page } = await browser.openForeign(url);
      const frame = page.frameLocator("iframe.gpu-status-panel");
      await frame.getByTestId("status").first().getByText("Live").waitFor();
      expect(framesOf(page, url)).toHaveLength(2);
    },
  );

  test.skipIf(version !== 6)(
    "HOST-1 Gradio: the complete example tells the phases of its jobs and gives the VRAM back",
    async () => {
      const { ports } = await startHost();
      const url = `http://127.0.0.1:${ports.host}/`;
      await run(scripts.startExample, () => isPanelUp(url + PANEL));
      const caller = await startCaller(running(), url);
      await caller.predict("/generate", "Wan2.1 1.3B", "snow");
      const { jobs } = await (await fetch(`${url}${PANEL}api/v1/jobs`)).json();
      expect(jobs).toMatchObject([{ state: "done", label: "snow", phase: "VAE decode" }]);
      expect((await fetch(`${url}${PANEL}api/v1/release`, POST)).status).toBe(202);
    },
  );

  test("no block of the README is left out", () => {
    expect(readme.left()).toEqual([]);
  });
}
