import { type Entry, seal, unseal } from "../../server/group/entry.ts";
import { createRedisClient, type RedisClient } from "../../server/group/redis-client.ts";
import { STREAM_LENGTH } from "../../server/group/redis-link.ts";
import { TIMINGS } from "../../server/timings.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const READ_WAIT_MS = 1000;
const KEEP_S = 60;
const { retryMs, redisSilenceMs: silenceMs, redisPingMs: pingMs } = TIMINGS.group;

/** A host of the group that is none: what the model tells, under another name, a part of a second later. */
interface Member {
  id: string;
  address: string;
  lateMs: number;
}

/**
 * So many hosts of the group "bench" out of one: what a real sidecar publishes in the group "model" is published for
 * each of them again, signed anew. So they cost little, and tell their turns beside other work, too. Prints "ready"
 * when all that the model tells at first is told; asked by a line, how many turns it and they have told.
 */
export async function main([url = "", secret = "", count = ""]: readonly string[]): Promise<void> {
  const members = Array.from({ length: Number(count) }, (_, i): Member => {
    const lateMs = (i * 1000) / Number(count);
    return { id: `node${i + 1}`, address: `http://127.0.0.1:${20_000 + i}/gpu/`, lateMs };
  });
  const [reader, writer] = [await connected(url), await connected(url)];
  const boot = `bench ${Date.now()}`;
  const told = { model: 0, members: 0 };

  function publish(entry: Entry, { id, address }: Member) {
    const own = { host: id, boot, at: Date.now() };
    const { body, mac } = seal(
      { ...entry, ...own, ...(entry.kind === "whole" && { name: id, address }) },
      "bench",
      secret,
    );
    if (entry.kind === "turn") {
      told.members++;
      return writer.add("gpu-panel:bench:turns", { e: body, m: mac }, STREAM_LENGTH);
    }
    const beside = { set: "gpu-panel:bench:hosts", stream: "gpu-panel:bench:turns" };
    return writer.keep(`gpu-panel:bench:host:${id}`, `${mac}\n${body}`, beside, id, KEEP_S);
  }
  const publishAll = (entry: Entry) => {
    for (const member of members)
      setTimeout(() => void publish(entry, member).catch(() => {}), member.lateMs);
  };

  let keptN = 0;
  /** What is kept of the model, where it is of another turn than before. */
  async function keepAll() {
    const [kept = ""] = await reader.kept("gpu-panel:model:hosts", (id) => `gpu-panel:model:host:${id}`);
    const whole = unseal({ body: kept.slice(kept.indexOf("\n") + 1), mac: "" }, "model", null);
    if (whole === null || whole.n === keptN) return;
    if (keptN === 0) process.stdout.write("ready\n");
    keptN = whole.n;
    publishAll(whole);
  }

  process.stdin.on("data", () => process.stdout.write(`${JSON.stringify(told)}\n`));
  process.once("SIGTERM", () => process.exit(0));
  for (let place = "0"; ; ) {
    const entries = await reader.read("gpu-panel:model:turns", place, 100, READ_WAIT_MS);
    for (const { place: at, fields } of entries) {
      place = at;
      const entry = unseal({ body: fields.e ?? "", mac: "" }, "model", null);
      if (entry === null) continue;
      told.model++;
      publishAll(entry);
    }
    // Behind the turn after which it was kept, as the model has it.
    if (entries.length > 0) await keepAll();
  }
}

async function connected(url: string): Promise<RedisClient> {
  const away = (reason: string) => process.stderr.write(`Redis: ${reason}\n`);
  const client = createRedisClient(url, { ready() {}, away }, { retryMs, silenceMs, pingMs });
  client.connect();
  await waitUntil(async () => client.isReady(), { what: "Redis" });
  return client;
}
