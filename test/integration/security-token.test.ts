import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ask, attackedRigs, postRelease } from "../helpers/attack.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const TOKEN = "a token that is long enough";
const WITH_TOKEN = ["--token", TOKEN];
const { start } = attackedRigs();

describe("without the token", () => {
  test("SEC-3 a token in the address is none: not for HTTP, not for a socket, by any name", async () => {
    const { sidecar, connect } = await start({ flags: WITH_TOKEN });
    const query = ["token", "access_token", "auth", "authorization", "auth[token]"]
      .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(TOKEN)}`)
      .join("&");
    expect((await postRelease(sidecar.url, {}, "{}", `/api/v1/release?${query}`)).status).toBe(403);
    expect((await postRelease(sidecar.url, { cookie: `token=${TOKEN}` })).status).toBe(403);
    const { hostname, port } = new URL(sidecar.url);
    const authority = `http://:${encodeURIComponent(TOKEN)}@${hostname}:${port}/api/v1/release`;
    expect((await postRelease(sidecar.url, {}, "{}", authority)).status).toBe(403);
    const panel = connect({ query: { token: TOKEN } });
    expect((await panel.hello()).capabilities.release.problem?.code).toBe("not-allowed");
  });

  test("SEC-3b nobody from elsewhere gets a proof against which he could try out tokens", async () => {
    const { sidecar } = await start({ flags: WITH_TOKEN });
    const proofOf = async (headers: Record<string, string>) =>
      JSON.parse((await ask(sidecar.url, { path: "/api/v1/whoami?nonce=0123456789abcdef", headers })).body)
        .proof;
    expect(await proofOf({})).toMatch(/^[0-9a-f]{64}$/);
    expect(await proofOf({ "x-forwarded-for": "203.0.113.7" })).toBeNull();
  });

  test("SEC-3 every way to act is closed without the token, and with one that is nearly right", async () => {
    const { sidecar, connect } = await start({ flags: WITH_TOKEN });
    for (const authorization of [
      "",
      "Bearer",
      "Bearer ",
      TOKEN,
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
    ]) {
      expect((await postRelease(sidecar.url, { authorization })).status).toBe(403);
    }
    for (const token of [undefined, "", TOKEN.toUpperCase()]) {
      const panel = connect({ auth: token === undefined ? {} : { token } });
      const { bootId } = await panel.hello();
      const reply = await panel.socket.emitWithAck("release", { requestId: "x", bootId, mode: "auto" });
      expect(reply).toMatchObject({ ok: false, code: expect.stringMatching(/^(not-allowed|wrong-token)$/) });
    }
  });

  test("SEC-3b the token stands in the printed link and nowhere else: no answer, no later line, no file", async () => {
    const home = mkdtempSync(join(tmpdir(), "security-"));
    const dirs = { HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_STATE_HOME: join(home, "state") };
    const { sidecar, connect } = await start({ flags: WITH_TOKEN, env: dirs });
    const auth = { authorization: `Bearer ${TOKEN}` };
    const answers = await Promise.all([
      ...["/", "/embed", "/healthz", "/api/v1/state", "/api/v1/profiles", "/nothing"].map((path) =>
        ask(sidecar.url, { path, headers: auth }),
      ),
      postRelease(sidecar.url, auth, "{"),
      postRelease(sidecar.url, { authorization: `Bearer ${TOKEN}x` }),
      ask(sidecar.url, { method: "PUT", path: "/api/v1/state", headers: auth }),
    ]);
    const panel = connect({ auth: { token: TOKEN } });
    const hello = await panel.hello();
    const refused = connect({ auth: { token: TOKEN, lastSeq: -1 } });
    await waitUntil(() => refused.errors.length > 0, { what: "the refusal" });
    for (const text of [
      ...answers.map((answer) => JSON.stringify(answer)),
      JSON.stringify([hello, panel.samples]),
      JSON.stringify(refused.errors),
    ]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(encodeURIComponent(TOKEN));
    }
    expect(sidecar.output().split(TOKEN)).toHaveLength(2);
    expect(sidecar.output()).toMatch(/^GPU status panel: http:\S+#token=/m);
    const written = readdirSync(home, { recursive: true, encoding: "utf8" }).map((name) => join(home, name));
    for (const file of written.filter((path) => statSync(path).isFile())) {
      expect(readFileSync(file, "utf8")).not.toContain(TOKEN);
    }
    rmSync(home, { recursive: true });
  });

  test("SEC-4 the token cannot be guessed: not by HTTP, not by sockets, not by both in turn", async () => {
    const { sidecar, connect } = await start({ flags: WITH_TOKEN });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 8; i++) {
      const answer = await postRelease(sidecar.url, { authorization: `Bearer guess ${i}` });
      codes.push(JSON.parse(answer.body).code);
      const hello = await connect({ auth: { token: `another guess ${i}` } }).hello();
      codes.push(hello.capabilities.release.problem?.code);
    }
    expect(codes.filter((code) => code === "wrong-token").length).toBeLessThanOrEqual(11);
    expect(codes.at(-1)).toBe("too-many-requests");
    // The right one is not told apart now, neither by acting nor by looking.
    const acted = await postRelease(sidecar.url, { authorization: `Bearer ${TOKEN}` });
    expect(acted.status).toBe(429);
    expect(Number(acted.headers["retry-after"])).toBeGreaterThan(0);
    expect(JSON.parse(acted.body)).toMatchObject({ code: "too-many-requests", status: 429 });
    const looked = await ask(sidecar.url, {
      path: "/api/v1/state",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(JSON.parse(looked.body).capabilities.release.problem.code).toBe("too-many-requests");
    // Looking goes on, and says why the button is off.
    const panel = await connect({ auth: { token: TOKEN } }).hello();
    expect(panel.capabilities.release).toMatchObject({
      allowed: false,
      problem: { code: "too-many-requests" },
    });
  });

  test("SEC-4 who was let in stays let in while another one guesses from the same address", async () => {
    const { sidecar, connect } = await start({ flags: WITH_TOKEN });
    const panel = connect({ auth: { token: TOKEN } });
    const { bootId } = await panel.hello();
    for (let i = 0; i < 12; i++) await postRelease(sidecar.url, { authorization: `Bearer guess ${i}` });
    const reply = await panel.socket.emitWithAck("release", {
      requestId: "x",
      bootId: `not ${bootId}`,
      mode: "auto",
    });
    expect(reply).toMatchObject({ ok: false, code: "sidecar-restarted" });
  });

  test("SEC-4 a hundred viewers with the token of an earlier run, at one address, all see, and the new token acts", async () => {
    const { connect } = await start({ flags: WITH_TOKEN });
    const old = Array.from({ length: 100 }, () => connect({ auth: { token: "the one of yesterday" } }));
    const hellos = await Promise.all(old.map((panel) => panel.hello()));
    expect(new Set(hellos.map(({ capabilities }) => capabilities.release.problem?.code))).toEqual(
      new Set(["wrong-token"]),
    );
    expect((await connect({ auth: { token: TOKEN } }).hello()).capabilities.release.allowed).toBe(true);
  });
});
