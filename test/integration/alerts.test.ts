import { createHmac } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Alert } from "../../shared/health/alert.ts";
import { answerEmpty, type BackendServer, jsonOf, startBackendServer } from "../helpers/backend-server.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { QUIET_HOST, type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const TOTAL = 24_564;
const RED = { "memory.used": TOTAL - 50, "memory.reserved": 0, "memory.total": TOTAL };
const CALM = { "memory.used": 2000, "memory.reserved": 0, "memory.total": TOTAL };
const SECRET = "a-secret-of-the-receiver";
const KEY = "hook-key-3f9c";
/** Alerts as quick as they can be. */
const QUICK = {
  ...QUIET_HOST,
  "vram-red-line": { seconds: 1 },
  "gpu-lost": { seconds: 0 },
  "fan-stopped": { seconds: 1 },
};

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ ...options, settings: { alerts: QUICK, ...options.settings } });
  opened.push(rig.close);
  return rig;
}

async function startReceiver(): Promise<BackendServer> {
  const receiver = await startBackendServer((response) => answerEmpty(response, 204));
  opened.push(receiver.close);
  return receiver;
}

const ruleIn = (rule: string) => (list: readonly Alert[]) => list.some((alert) => alert.rule === rule);
/** What was sent, as often as it came: who does not hear the answer in time, on a busy machine, sends once more. */
const messagesOf = ({ calls }: BackendServer) => [
  ...new Map(calls.map((call) => [call.headers["x-gpu-panel-delivery"], call])).values(),
];
const post = (url: string, body?: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body ?? {}),
  });

test("HLT-5b HLT-8 a GPU at the red line: a viewer and a webhook are told once, and once when it is over", async () => {
  const receiver = await startReceiver();
  const url = `${receiver.url}/hooks/${KEY}`;
  const rig = await start({
    script: { gpus: [fakeGpu(0, CALM)] },
    settings: { notify: [{ kind: "webhook", url, secret: SECRET }] },
  });
  const client = rig.connect();
  expect((await client.hello()).state.alerts).toEqual([]);
  rig.fake.setGpu(0, RED);
  const list = await waitUntil(() => client.alerts.find(ruleIn("vram-red-line")), { what: "the alert" });
  const alert = list[0];
  expect(alert).toMatchObject({ rule: "vram-red-line", severity: "critical", gpu: 0, acknowledged: false });
  expect(`${alert?.message}: ${alert?.advice}`).toMatch(
    /^GPU 0 has had only 0\.0 GiB of VRAM free since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, and it does not become more: stop the job/,
  );
  expect(Math.abs(Date.now() - (alert?.since ?? 0))).toBeLessThan(120_000);
  // Who comes later sees it, too, by socket and by HTTP.
  expect((await rig.connect().hello()).state.alerts).toEqual(list);
  const api = await (await fetch(`${rig.sidecar.url}api/v1/alerts`)).json();
  expect(api).toMatchObject({ alerts: list, past: [], mutes: [] });

  await waitUntil(() => receiver.calls.length > 0, { what: "the message" });
  rig.fake.setGpu(0, CALM);
  await waitUntil(() => client.alerts.at(-1)?.length === 0, { timeoutMs: 30_000, what: "the end" });
  await waitUntil(() => messagesOf(receiver).length > 1, {
    timeoutMs: 30_000,
    what: "the message of the end",
  });
  const messages = messagesOf(receiver);
  const [began, ended] = messages.map((call) => jsonOf(call) as Record<string, unknown>);
  expect(began).toMatchObject({
    event: "alert.began",
    id: alert?.id,
    rule: "vram-red-line",
    gpu: 0,
    endedAt: null,
  });
  expect(ended).toMatchObject({
    event: "alert.ended",
    id: alert?.id,
    text: expect.stringContaining("Over after"),
  });
  expect(messages).toHaveLength(2);
  for (const { body, headers, method } of receiver.calls) {
    expect(method).toBe("POST");
    const timestamp = String(headers["x-gpu-panel-timestamp"]);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(120);
    const right = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["x-gpu-panel-signature"]).toBe(`sha256=${right}`);
  }
  const { past } = await (await fetch(`${rig.sidecar.url}api/v1/alerts`)).json();
  expect(past).toMatchObject([{ id: alert?.id, endedAt: expect.any(Number) }]);
});

describe("receivers that do not take it", () => {
  test("HLT-9 HLT-9b down, in error, silent, then there: the message arrives once, and neither address nor secret is told", async () => {
    const receiver = await startReceiver();
    const url = `${receiver.url}/hooks/${KEY}`;
    const rig = await start({
      script: { gpus: [fakeGpu(0, CALM)] },
      settings: { notify: [{ kind: "webhook", url, secret: SECRET, timeoutMs: 300 }] },
    });
    const client = rig.connect();
    await client.hello();
    await receiver.goDown();
    rig.fake.setGpu(0, RED);
    await waitUntil(() => client.alerts.some(ruleIn("vram-red-line")), { what: "the alert" });
    await waitUntil(() => /notify 1 \(webhook\) cannot be reached/.test(rig.sidecar.output()), {
      what: "a complaint",
    });
    const problemOf = async () =>
      (await (await fetch(`${rig.sidecar.url}api/v1/state`)).json()).state.source.problem?.code;
    await waitUntil(async () => (await problemOf()) === "alerts-not-sent", { what: "it in the panel" });
    receiver.breakWith("answers-500");
    await receiver.comeBack();
    const failed = await waitUntil(() => receiver.calls[0], { timeoutMs: 40_000, what: "an attempt" });
    receiver.breakWith("hangs");
    const before = receiver.calls.length;
    await waitUntil(() => receiver.calls.length > before, { timeoutMs: 30_000, what: "another attempt" });
    receiver.breakWith(null);
    const count = receiver.calls.length;
    const taken = await waitUntil(() => receiver.calls[count], {
      timeoutMs: 40_000,
      what: "the last attempt",
    });
    // Attempts are told apart from messages by the delivery's id.
    expect(taken.headers["x-gpu-panel-delivery"]).toBe(failed.headers["x-gpu-panel-delivery"]);
    expect(taken.body).toBe(failed.body);
    await waitUntil(async () => (await problemOf()) === undefined, { what: "it to go from the panel" });
    const everything = [
      rig.sidecar.output(),
      JSON.stringify(client.hellos) + JSON.stringify(client.alerts),
      await (await fetch(`${rig.sidecar.url}api/v1/state`)).text(),
      await (await fetch(`${rig.sidecar.url}api/v1/alerts`)).text(),
      readFileSync(join(rig.fake.dir, "data", "alerts.jsonl"), "utf8"),
    ].join("\n");
    expect(everything).toContain("vram-red-line");
    for (const secret of [SECRET, KEY, receiver.url]) expect(everything).not.toContain(secret);
  }, 180_000);

  test("HLT-9d a test message tells of each receiver whether it has taken it, and by what code not", async () => {
    const fine = await startReceiver();
    const refusing = await startBackendServer((response) => {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"errcode":310000,"errmsg":"sign not match"}');
    });
    opened.push(refusing.close);
    const rig = await start({
      settings: {
        notify: [
          { kind: "slack", url: `${fine.url}/services/${KEY}` },
          { kind: "dingtalk", url: `${refusing.url}/robot/send?access_token=${KEY}`, secret: SECRET },
        ],
      },
    });
    const answer = await post(`${rig.sidecar.url}api/v1/alerts/test`);
    expect(await answer.json()).toEqual({
      receivers: [
        { kind: "slack", error: null },
        { kind: "dingtalk", error: "HTTP 200, code 310000" },
      ],
    });
    const asked = new URL(refusing.calls[0]?.path ?? "", refusing.url).searchParams;
    const timestamp = asked.get("timestamp") ?? "";
    expect(asked.get("access_token")).toBe(KEY);
    expect(asked.get("sign")).toBe(
      createHmac("sha256", SECRET).update(`${timestamp}\n${SECRET}`).digest("base64"),
    );
  });
});

describe("who takes care of it", () => {
  test("HLT-6 HLT-6b acknowledged and muted alerts are shown so to everybody, by those who may act only, and it survives a restart", async () => {
    const receiver = await startReceiver();
    const rig = await start({
      script: { gpus: [fakeGpu(0, RED)] },
      settings: { token: "a-token-of-this-test", notify: [{ kind: "webhook", url: receiver.url }] },
    });
    const guest = rig.connect();
    const owner = rig.connect({ auth: { token: "a-token-of-this-test" } });
    const [alert] = await waitUntil(() => guest.alerts.find(ruleIn("vram-red-line")), { what: "the alert" });
    const id = alert?.id ?? "";
    expect(await guest.socket.emitWithAck("acknowledge-alert", { id })).toMatchObject({
      ok: false,
      code: "not-allowed",
    });
    expect(await guest.socket.emitWithAck("mute-rule", { rule: "vram-red-line", minutes: 60 })).toMatchObject(
      { ok: false },
    );
    expect((await post(`${rig.sidecar.url}api/v1/alerts/${id}/acknowledge`)).status).toBe(403);
    expect((await post(`${rig.sidecar.url}api/v1/alerts/test`)).status).toBe(403);

    expect(await owner.socket.emitWithAck("acknowledge-alert", { id })).toEqual({ ok: true, data: { id } });
    await waitUntil(() => guest.alerts.at(-1)?.[0]?.acknowledged, { what: "the acknowledgement" });
    const headers = { authorization: "Bearer a-token-of-this-test" };
    const mute = `${rig.sidecar.url}api/v1/alerts/mute`;
    expect((await post(mute, { rule: "vram-red-line", minutes: 60 }, headers)).status).toBe(200);
    await waitUntil(() => guest.alerts.at(-1)?.[0]?.mutedUntil, { what: "the mute" });
    expect((await post(mute, { rule: "no-such-rule", minutes: 60 }, headers)).status).toBe(400);
    expect((await post(mute, { rule: "leak", minutes: -1 }, headers)).status).toBe(400);
    expect(await owner.socket.emitWithAck("acknowledge-alert", { id: "nobody" })).toMatchObject({
      code: "alert-over",
    });
    await waitUntil(() => receiver.calls.length > 0, { what: "the message" });

    await rig.restart();
    const later = rig.connect();
    const again = await waitUntil(() => later.alerts.find(ruleIn("vram-red-line")), {
      what: "the alert again",
    });
    expect(again[0]).toMatchObject({
      id,
      since: alert?.since,
      acknowledged: true,
      mutedUntil: expect.any(Number),
    });
    // It is the alert of before: nobody is told anew.
    expect(messagesOf(receiver)).toHaveLength(1);
  });

  test("HLT-6b a log that a kill cut, or that holds rubbish, spoils nothing", async () => {
    const rig = await start({ own: true, script: { gpus: [fakeGpu(0, RED)] } });
    const first = rig.connect();
    await waitUntil(() => first.alerts.find(ruleIn("vram-red-line")), { what: "the alert" });
    await rig.crash(() => {
      appendFileSync(
        join(rig.fake.dir, "data", "alerts.jsonl"),
        'rubbish\n{"alert":{"id":7}}\n{"alert":{"id":"cut',
      );
    });
    const second = rig.connect();
    const [again] = await waitUntil(() => second.alerts.find(ruleIn("vram-red-line")), { what: "it again" });
    expect(again?.id).toBe(first.alerts.at(-1)?.[0]?.id);
    const whole = readFileSync(join(rig.fake.dir, "data", "alerts.jsonl"), "utf8");
    expect(whole).toContain('{"alert":{"id":"cut');
  });
});

test("HLT-1 ECC errors, a lost GPU and a fan that stands still come from what the driver reports", async () => {
  const rig = await start({
    script: {
      gpus: [
        fakeGpu(0, { "ecc.errors.uncorrected.volatile.total": 3, "pci.bus_id": "00000000:01:00.0" }),
        fakeGpu(1, { "fan.speed": 0, "temperature.gpu": 88 }),
        fakeGpu(2),
      ],
    },
  });
  const client = rig.connect();
  const has = (rule: string, gpu: number) =>
    waitUntil(() => client.alerts.at(-1)?.some((alert) => alert.rule === rule && alert.gpu === gpu), {
      timeoutMs: 30_000,
      what: `${rule} on GPU ${gpu}`,
    });
  await has("fan-stopped", 1);
  await has("ecc-errors", 0);
  rig.fake.set({ gpus: rig.fake.script.gpus.slice(0, 2) });
  await has("gpu-lost", 2);
  expect(client.alerts.at(-1)?.find(({ rule }) => rule === "ecc-errors")?.params).toMatchObject({ count: 3 });
});

test("HLT-7 a rule that is off says nothing", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { ...RED, "fan.speed": 0, "temperature.gpu": 88 })] },
    settings: { alerts: { ...QUICK, "vram-red-line": false } },
  });
  const client = rig.connect();
  await waitUntil(() => client.alerts.find(ruleIn("fan-stopped")), { what: "the other rule" });
  expect(client.alerts.flat().map(({ rule }) => rule)).not.toContain("vram-red-line");
});
