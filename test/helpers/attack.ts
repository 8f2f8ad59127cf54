import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { afterEach, expect } from "vitest";
import type { PanelClient } from "./panel-client.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

export interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Question {
  method?: string;
  /** Sent as it stands: no client tidies it up on the way. */
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
}

/** One request as an attacker sends it, who is bound by no browser and no URL parser. */
export function ask(url: string, { method = "GET", path = "/healthz", headers = {}, body }: Question = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ host: hostname, port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: text }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, headers: response.headers, body: "" });
    });
    sent.end(body);
  });
}

/** A bare connection: what is written goes out as it is; `closed` is all that came when the other end closed. */
export function openRaw(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    received += chunk;
  });
  // A reset is an answer too.
  socket.on("error", () => {});
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(received)));
  return { socket, closed, received: () => received };
}

/** Headers of a WebSocket handshake that is right but for what is added. */
export const webSocketHeaders = (more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  ...more,
});

/** After an attack: the sidecar answers as before, and nothing has been released. */
export async function expectUnharmed({ sidecar, hook }: Rig): Promise<void> {
  await waitUntil(async () => (await ask(sidecar.url)).status === 200, { what: "a healthy sidecar" });
  const { state } = JSON.parse((await ask(sidecar.url, { path: "/api/v1/state" })).body);
  expect(state.release.state).toBe("idle");
  expect(hook.calls.filter(({ method }) => method !== "GET")).toEqual([]);
}

/** Rigs that are attacked: after each test the one that runs must be unharmed, and is ended. */
export function attackedRigs() {
  let rig: Rig | undefined;
  async function end() {
    await rig?.close();
    rig = undefined;
  }
  afterEach(async () => {
    try {
      if (rig !== undefined) await expectUnharmed(rig);
    } finally {
      await end();
    }
  });
  return {
    async start(options: RigOptions = {}): Promise<Rig> {
      rig = await startRig(options);
      return rig;
    },
    /** Ends the rig before the check: for a test that has done so itself. */
    end,
  };
}

/** Paths of a first request to Socket.IO. */
export const POLLING = "/socket.io/?EIO=4&transport=polling";
export const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

/** A connection by polling, without a hello yet: the path of its further requests. */
export async function openPolling(url: string): Promise<string> {
  const { body } = await ask(url, { path: POLLING });
  const sid = /"sid":"([\w-]+)"/.exec(body)?.[1];
  if (sid === undefined) throw new Error(`no connection: ${body}`);
  return `${POLLING}&sid=${sid}`;
}

/** Asks for a release, as JSON unless the headers say otherwise. */
export const postRelease = (
  url: string,
  headers: Record<string, string> = {},
  body = "{}",
  path = "/api/v1/release",
) => ask(url, { method: "POST", path, headers: { "content-type": "application/json", ...headers }, body });

/** Sends any event with any arguments: an attacker is not bound by our types. */
export const send = ({ socket }: PanelClient, ...event: unknown[]) =>
  void Reflect.apply(socket.emit, socket, event);
export const sendAndWait = (panel: PanelClient, ...event: unknown[]) =>
  new Promise<unknown>((resolve) => send(panel, ...event, resolve));
