import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectUnharmed } from "../helpers/attack.ts";
import { launchBrowser, type TestBrowser } from "../helpers/browser.ts";
import { type Rig, startRig } from "../helpers/rig.ts";

const TOKEN = "a-token-for-this-test";
let browser: TestBrowser;
let open: Rig;
let guarded: Rig;
/** A page of an origin that is nobody's friend; what it was asked for, with the headers. */
let evil: { server: Server; url: string; asked: { url: string; headers: IncomingHttpHeaders }[] };

beforeAll(async () => {
  browser = await launchBrowser([
    // New versions keep public pages from this machine by themselves; others do not.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
  ]);
  open = await startRig();
  guarded = await startRig({ flags: ["--token", TOKEN] });
  const asked: typeof evil.asked = [];
  const server = createServer(({ url = "", headers }, response) => {
    asked.push({ url, headers });
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>evil</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the hostile page has no port");
  evil = { server, url: `http://evil.test:${address.port}/`, asked };
});
afterAll(async () => {
  await browser.close();
  await open.close();
  await guarded.close();
  evil.server.close();
});
afterEach(async () => {
  await browser.finishTest();
  for (const rig of [open, guarded]) await expectUnharmed(rig);
});

/** Opens the hostile page, lets it act, and returns what came of it. */
async function attack<T>(
  act: (panel: string) => Promise<T>,
): Promise<{ outcome: T; page: Page; logged: string[] }> {
  const { page, logged } = await browser.openForeign(evil.url);
  const outcome = await page.evaluate(act, open.sidecar.url);
  return { outcome, page, logged };
}

test("SEC-1 a hostile page can neither read nor act by fetch, with and without CORS, nor by a beacon", async () => {
  const { outcome } = await attack(async (panel) => {
    const attempt = (path: string, init: RequestInit) =>
      fetch(panel + path, init).then(
        ({ type, status }) => `${type} ${status}`,
        () => "refused",
      );
    const json = { "content-type": "application/json" };
    return {
      read: await attempt("api/v1/state", {}),
      preflighted: await attempt("api/v1/release", { method: "POST", headers: json, body: "{}" }),
      simple: await attempt("api/v1/release", { method: "POST", body: "{}" }),
      blind: await attempt("api/v1/release", { method: "POST", mode: "no-cors", body: "{}" }),
      cancel: await attempt("api/v1/release/x", { method: "DELETE" }),
      beacon: navigator.sendBeacon(`${panel}api/v1/release`, new Blob(["{}"], { type: "text/plain" })),
      polling: await attempt("socket.io/?EIO=4&transport=polling", {}),
    };
  });
  expect(outcome).toEqual({
    read: "refused",
    preflighted: "refused",
    simple: "refused",
    // Sent without CORS the answer cannot be read, whatever it is: that nothing was released is what counts.
    blind: expect.toBeOneOf(["opaque 0", "refused"]),
    cancel: "refused",
    beacon: true,
    polling: "refused",
  });
});

test("SEC-1 a hostile page gets no WebSocket", async () => {
  const { outcome } = await attack(
    (panel) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${panel.replace("http", "ws")}socket.io/?EIO=4&transport=websocket`);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      }),
  );
  expect(outcome).toBe("refused");
});

test("SEC-1 a form of a hostile page is answered with a refusal and starts nothing", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const { page } = await browser.openForeign(evil.url);
    const answered = page.waitForResponse((response) => response.url().endsWith("/api/v1/release"));
    await page.evaluate(
      ([panel, encoding]) => {
        const form = Object.assign(document.createElement("form"), {
          method: "POST",
          enctype: encoding,
          action: `${panel}api/v1/release`,
        });
        const field = Object.assign(document.createElement("input"), {
          name: '{"mode":"now","x":"',
          value: '"}',
        });
        form.append(field);
        document.body.append(form);
        form.submit();
      },
      [open.sidecar.url, type] as const,
    );
    expect((await answered).status()).toBe(403);
  }
});

test("SEC-7 a hostile page can neither frame the panel nor take its figures in as an image or a script", async () => {
  const { outcome, page, logged } = await attack(async (panel) => {
    const load = (tag: "script" | "img", path: string) =>
      new Promise<string>((resolve) => {
        const element = Object.assign(document.createElement(tag), {
          src: panel + path,
          onload: () => resolve("loaded"),
          onerror: () => resolve("refused"),
        });
        document.body.append(element);
      });
    for (const path of ["", "embed", "embed?view=bar", "api/v1/state"]) {
      document.body.append(Object.assign(document.createElement("iframe"), { src: panel + path }));
    }
    return [
      await load("script", "api/v1/state"),
      await load("img", "api/v1/state"),
      await load("script", "healthz"),
    ];
  });
  expect(outcome).toEqual(["refused", "refused", "refused"]);
  const frames = () =>
    page
      .frames()
      .slice(1)
      .map((frame) => frame.url());
  await expect.poll(frames).toEqual(Array(4).fill("chrome-error://chromewebdata/"));
  const framings = () => logged.filter((line) => /\bframe-ancestors\b/.test(line)).length;
  await expect.poll(framings).toBe(4);
});

test("SEC-10 an element on a page of an origin that is not allowed says so, and how to allow it", async () => {
  const { page } = await browser.openForeign(evil.url);
  await page.evaluate((panel) => {
    const script = Object.assign(document.createElement("script"), {
      type: "module",
      src: `${panel}element.js`,
    });
    document.body.append(script, document.createElement("gpu-status-panel"));
  }, open.sidecar.url);
  const { origin } = new URL(evil.url);
  await page.getByText(`--allow-origin ${origin}`).first().waitFor();
  await expect.poll(() => open.sidecar.output()).toContain(`--allow-origin ${origin}`);
});

test("SEC-2 a page whose name is rebound to the sidecar gets nothing of it", async () => {
  const { port } = new URL(open.sidecar.url);
  const site = `http://rebound.test:${port}/`;
  const { page } = await browser.openForeign(evil.url);
  // The attacker's page comes while the name is still the attacker's; what it asks for then is the sidecar's.
  await page.route(`${site}trap`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>trap</title>" }),
  );
  await page.goto(`${site}trap`);
  const outcome = await page.evaluate(async () => {
    const json = { "content-type": "application/json" };
    const read = await fetch("/api/v1/state");
    const act = await fetch("/api/v1/release", { method: "POST", headers: json, body: "{}" });
    const polling = await fetch("/socket.io/?EIO=4&transport=polling");
    const socket = await new Promise<string>((resolve) => {
      const opened = new WebSocket(`ws://${location.host}/socket.io/?EIO=4&transport=websocket`);
      opened.onopen = () => resolve("open");
      opened.onerror = () => resolve("refused");
    });
    return [read.status, (await read.json()).code, act.status, polling.status, socket];
  });
  expect(outcome).toEqual([403, "host-refused", 403, 403, "refused"]);
});

test("SEC-3b the token of the link is in no request's address or referrer, and not in the address bar", async () => {
  const page = await browser.open("about:blank");
  const sent: string[] = [];
  page.on("request", (request) => {
    const { authorization: _, ...headers } = request.headers();
    sent.push(request.url(), JSON.stringify(headers));
  });
  page.on("websocket", (socket) => sent.push(socket.url()));
  await page.goto(`${guarded.sidecar.url}#token=${TOKEN}`);
  const button = page.getByRole("button", { name: "Release VRAM" });
  await expect.poll(() => button.isEnabled()).toBe(true);
  expect(page.url()).toBe(guarded.sidecar.url);
  // The fragment of the first navigation is the browser's own affair: no server sees it.
  const seen = sent.map((text) => text.replace(/#.*$/, ""));
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.filter((text) => text.includes(TOKEN))).toEqual([]);
  // Whoever is visited next learns nothing, and the way back does not bring it up again.
  await page.evaluate((url) => {
    location.href = `${url}next`;
  }, evil.url);
  await page.waitForURL(`${evil.url}next`);
  expect(evil.asked.find(({ url }) => url === "/next")?.headers.referer).toBeUndefined();
  await page.goBack();
  await expect.poll(() => button.isEnabled()).toBe(true);
  expect(page.url()).not.toContain(TOKEN);
});

test("SEC-3 a token in the query is none", async () => {
  for (const query of [`?token=${TOKEN}`, `embed?token=${TOKEN}`]) {
    const page = await browser.open(guarded.sidecar.url + query);
    await page.getByText("This page may look but not act.").first().waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Release VRAM" }).isDisabled()).toBe(true);
  }
});
