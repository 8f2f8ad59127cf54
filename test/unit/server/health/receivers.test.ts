import { createHmac } from "node:crypto";
import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { NOTIFY_KINDS, notifySchema } from "../../../../server/config/notify-options.ts";
import { createNotifier } from "../../../../server/health/notify/notifier.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { PastAlert } from "../../../../shared/health/past-alert.ts";
import {
  answerEmpty,
  answerJson,
  type BackendServer,
  jsonOf,
  startBackendServer,
} from "../../../helpers/backend-server.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";

const SECRET = "receiver-secret";
const ALERT: PastAlert = {
  id: "alert-1",
  rule: "leak",
  severity: "warning",
  gpu: 2,
  since: 1_790_000_000_000,
  message: "english",
  advice: "advice",
  params: { gpu: 2, jobs: 3, mib: 100, process: "<!channel> @everyone python, PID 7" },
  acknowledged: false,
  mutedUntil: null,
  endedAt: null,
  acknowledgedBy: null,
};

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function startReceiver(answer: object = { code: 0, errcode: 0 }): Promise<BackendServer> {
  const receiver = await startBackendServer((response) => answerJson(response, 200, answer));
  opened.push(receiver.close);
  return receiver;
}

function notify(targets: readonly object[]) {
  const complaints: string[] = [];
  const notifier = createNotifier(
    targets.map((target) => v.parse(notifySchema, target)),
    "gpu-host",
    {
      complain: (message) => complaints.push(message),
      onTrouble() {},
      timings: { ...TIMINGS.notify, firstRetryMs: 20, restMs: 1 },
      env: {},
    },
  );
  opened.push(notifier.close);
  return { notifier, complaints };
}

describe("formats", () => {
  test.each(NOTIFY_KINDS.filter((kind) => !["exec", "ntfy", "telegram"].includes(kind)))(
    "HLT-8b %s gets one message in its own format, in Chinese where that is asked for",
    async (kind) => {
      const receiver = await startReceiver();
      const url = `${receiver.url}/robot/send?access_token=abc`;
      const { notifier } = notify([{ kind, url, secret: SECRET, language: "zh-CN" }]);
      notifier.publish({ kind: "began", alert: ALERT });
      const call = await waitUntil(() => receiver.calls[0], { what: "the message" });
      const body = jsonOf(call) as Record<string, unknown>;
      const said = expect.stringMatching(
        /^警告 · gpu-host\n自 .* 起的 3 个任务，每个任务之后 GPU 2 的显存都增加约 100 MiB/,
      );
      const shape = {
        webhook: {
          event: "alert.began",
          rule: "leak",
          since: new Date(ALERT.since).toISOString(),
          text: said,
        },
        slack: { text: said },
        discord: { content: said, allowed_mentions: { parse: [] } },
        feishu: { msg_type: "text", content: { text: said } },
        dingtalk: { msgtype: "text", text: { content: said } },
        wecom: { msgtype: "text", text: { content: said } },
      }[kind as string];
      expect(body).toMatchObject(shape ?? {});
      expect(shape).toBeDefined();
      expect(call.path).toContain("access_token=abc");
      if (kind === "slack") expect(call.body).toContain("&lt;!channel&gt;");
      if (kind === "feishu") {
        const { timestamp, sign } = body;
        expect(sign).toBe(createHmac("sha256", `${String(timestamp)}\n${SECRET}`).digest("base64"));
      }
      expect(call.body + call.path + JSON.stringify(call.headers)).not.toContain(SECRET);
    },
  );

  // As docs.ntfy.sh/publish had it in November 2026: JSON to the root of the server, the topic in the body.
  test("HLT-8b ntfy gets what its documentation asks for, at a server of one's own, with a token and without", async () => {
    const receiver = await startBackendServer((response) =>
      answerJson(response, 200, { id: "x1", time: 1, event: "message", topic: "gpu_1", message: "…" }),
    );
    opened.push(receiver.close);
    const url = `${receiver.url}/gpu_1`;
    const { notifier, complaints } = notify([
      { kind: "ntfy", url, secret: "tk_0123456789", language: "zh-CN" },
      { kind: "ntfy", url },
    ]);
    notifier.publish({ kind: "began", alert: { ...ALERT, severity: "critical" } });
    await waitUntil(() => receiver.calls.length === 2, { what: "two messages" });
    const [withToken, without] = [...receiver.calls].sort((a) =>
      a.headers.authorization === undefined ? 1 : -1,
    );
    if (withToken === undefined || without === undefined) throw new Error("two messages have come");
    expect([withToken.method, withToken.path]).toEqual(["POST", "/"]);
    expect(withToken.headers.authorization).toBe("Bearer tk_0123456789");
    expect(jsonOf(withToken)).toEqual({
      topic: "gpu_1",
      title: "严重 · gpu-host",
      message: expect.stringContaining("GPU 2 的显存都增加约 100 MiB"),
      priority: 5,
    });
    expect(jsonOf(without)).toMatchObject({ title: "Critical · gpu-host", priority: 5 });
    expect(complaints).toEqual([]);
    expect(await notifier.test()).toEqual([
      { kind: "ntfy", error: null },
      { kind: "ntfy", error: null },
    ]);
    expect(receiver.calls.slice(2).map((call) => jsonOf(call))).toContainEqual({
      topic: "gpu_1",
      message: "gpu-host: this is a test message of gpu-status-panel.",
      priority: 3,
    });
  });

  // As core.telegram.org/bots/api (sendMessage, ResponseParameters) had it in November 2026.
  test("HLT-8b Telegram gets what its documentation asks for, at a Bot API server of one's own", async () => {
    const receiver = await startBackendServer((response) =>
      answerJson(response, 200, { ok: true, result: { message_id: 1 } }),
    );
    opened.push(receiver.close);
    const bot = {
      kind: "telegram",
      url: receiver.url,
      secret: "123456:ABC-DEF_1234",
      chat: "-1001234567890",
    };
    const { notifier } = notify([bot]);
    notifier.publish({ kind: "began", alert: ALERT });
    const call = await waitUntil(() => receiver.calls[0], { what: "the message" });
    expect([call.method, call.path]).toEqual(["POST", "/bot123456:ABC-DEF_1234/sendMessage"]);
    expect(call.headers["content-type"]).toMatch(/^application\/json/);
    expect(jsonOf(call)).toEqual({
      chat_id: "-1001234567890",
      text: expect.stringMatching(/^Warning · gpu-host\n/),
      link_preview_options: { is_disabled: true },
    });
  });

  test("HLT-9 Telegram that says how long to wait is left alone for so long, and one that refuses the token is not asked again", async () => {
    let answer: [number, object] = [
      429,
      { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: 3600 } },
    ];
    const receiver = await startBackendServer((response) => answerJson(response, ...answer));
    opened.push(receiver.close);
    const bot = { kind: "telegram", url: receiver.url, secret: "123456:ABC-DEF_1234", chat: "@gpus" };
    const first = notify([bot]);
    first.notifier.publish({ kind: "began", alert: ALERT });
    await waitUntil(() => first.complaints.length > 0, { what: "a complaint" });
    first.notifier.publish({ kind: "ended", alert: ALERT });
    answer = [401, { ok: false, error_code: 401, description: "Unauthorized" }];
    const second = notify([bot]);
    second.notifier.publish({ kind: "began", alert: ALERT });
    second.notifier.publish({ kind: "ended", alert: ALERT });
    await waitUntil(() => receiver.calls.length === 3, {
      what: "one attempt of the first, two messages of the second",
    });
    await waitUntil(() => second.complaints.length > 0, { what: "a complaint" });
    expect(second.complaints).toEqual(["notify 1 (telegram) refuses a message (HTTP 401)."]);
    expect(first.complaints).toEqual([
      "notify 1 (telegram) cannot be reached (HTTP 429); it is tried again.",
    ]);
  });

  test.each(["ntfy", "telegram"])(
    "HLT-9e %s: a page with 200 that another server answers counts as not taken",
    async (kind) => {
      const receiver = await startBackendServer((response) =>
        response.writeHead(200, { "content-type": "text/html" }).end("<h1>Log in</h1>"),
      );
      opened.push(receiver.close);
      const { notifier } = notify([
        { kind, url: `${receiver.url}/topic`, ...(kind === "telegram" ? { secret: "1:a", chat: "1" } : {}) },
      ]);
      expect(await notifier.test()).toEqual([{ kind, error: "HTTP 200" }]);
    },
  );
});

describe("delivery", () => {
  test("HLT-8 what is not grave enough for a receiver is not told, neither its beginning nor its end", async () => {
    const [strict, all] = [await startReceiver(), await startReceiver()];
    const { notifier } = notify([
      { kind: "webhook", url: strict.url, minSeverity: "critical" },
      { kind: "webhook", url: all.url, minSeverity: "info" },
    ]);
    notifier.publish({ kind: "began", alert: ALERT });
    notifier.publish({ kind: "ended", alert: { ...ALERT, endedAt: ALERT.since + 600_000 } });
    notifier.publish({ kind: "began", alert: { ...ALERT, severity: "critical", id: "grave" } });
    await waitUntil(() => all.calls.length === 3, { what: "three messages" });
    await waitUntil(() => strict.calls.length === 1, { what: "one message" });
    expect(strict.calls.map((call) => jsonOf(call))).toMatchObject([{ id: "grave" }]);
    expect(all.calls.map((call) => (jsonOf(call) as { event: string }).event)).toEqual([
      "alert.began",
      "alert.ended",
      "alert.began",
    ]);
    expect(all.calls[1]?.body).toContain("Over after 10 min");
  });

  test.each(["answers-500", "resets", "half-answer", "hangs"] as const)(
    "HLT-9 %s: tried again until it is taken, in order, with one complaint",
    async (fault) => {
      const receiver = await startReceiver();
      receiver.breakWith(fault);
      const { notifier, complaints } = notify([{ kind: "webhook", url: receiver.url, timeoutMs: 500 }]);
      notifier.publish({ kind: "began", alert: ALERT });
      notifier.publish({ kind: "ended", alert: ALERT });
      await waitUntil(() => receiver.calls.length >= 3, { what: "three attempts" });
      expect(complaints).toHaveLength(1);
      receiver.breakWith(null);
      const from = receiver.calls.length;
      const events = () =>
        receiver.calls.slice(from).map((call) => (jsonOf(call) as { event: string }).event);
      await waitUntil(() => events().includes("alert.ended"), { what: "the end" });
      expect(events().indexOf("alert.began")).toBeLessThan(events().indexOf("alert.ended"));
      expect(complaints[0]).not.toContain(receiver.url);
    },
  );

  test.each([
    ["webhook", 404, {}],
    ["webhook", 302, {}],
    ["wecom", 200, { errcode: 93_000, errmsg: "invalid webhook url" }],
    ["feishu", 200, { code: 19_021, msg: "sign match fail" }],
  ] as const)(
    "HLT-9 %s that answers %d %j for good is not asked again with the same message",
    async (kind, status, answer) => {
      const receiver = await startBackendServer((response) => answerJson(response, status, answer));
      opened.push(receiver.close);
      const { notifier, complaints } = notify([{ kind, url: receiver.url }]);
      notifier.publish({ kind: "began", alert: ALERT });
      notifier.publish({ kind: "ended", alert: ALERT });
      await waitUntil(() => receiver.calls.length === 2, { what: "one attempt each" });
      await waitUntil(() => complaints.length > 0, { what: "a complaint" });
      expect(complaints[0]).toMatch(/notify 1 \(\w+\) refuses a message \(HTTP \d+(?:, code \d+)?\)/);
      expect(receiver.calls[0]?.body).not.toBe(receiver.calls[1]?.body);
    },
  );

  test("HLT-9c while a receiver is down for long the newest hundred messages are kept", async () => {
    const receiver = await startReceiver();
    await receiver.goDown();
    const { notifier, complaints } = notify([{ kind: "webhook", url: receiver.url }]);
    for (let i = 0; i < 250; i++) notifier.publish({ kind: "began", alert: { ...ALERT, id: `alert-${i}` } });
    await receiver.comeBack();
    const ids = () => receiver.calls.map((call) => (jsonOf(call) as { id: string }).id);
    await waitUntil(() => ids().includes("alert-249"), { what: "the newest" });
    expect(new Set(ids()).size).toBeLessThanOrEqual(101);
    expect(ids()).toContain("alert-150");
    expect(complaints.length).toBeGreaterThan(0);
  });

  test("HLT-9c an endless answer is cut off, and closing ends what is under way", async () => {
    const receiver = await startBackendServer((response) => answerEmpty(response, 204));
    opened.push(receiver.close);
    receiver.breakWith("endless-answer");
    const { notifier } = notify([{ kind: "webhook", url: receiver.url }]);
    notifier.publish({ kind: "began", alert: ALERT });
    await waitUntil(() => receiver.calls.length === 1, { what: "the message" });
    expect(await notifier.test()).toEqual([{ kind: "webhook", error: null }]);
    receiver.breakWith("hangs");
    const asked = notifier.test();
    await waitUntil(() => receiver.calls.length >= 3, { what: "the test message" });
    notifier.close();
    expect(await asked).toMatchObject([{ error: expect.any(String) }]);
  });
});
