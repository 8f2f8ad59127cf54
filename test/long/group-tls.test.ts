import { onTestFinished, test } from "vitest";
import { seen, statusIn } from "../helpers/group-rigs.ts";
import { makeCertificate } from "../helpers/proxy.ts";
import { startRedis } from "../helpers/redis-server.ts";
import { startRig } from "../helpers/rig.ts";

test("GRP-4c a Redis over TLS whose certificate is not known here is told so, and is good once it is known", async () => {
  const { certificate, key, remove } = makeCertificate("localhost");
  onTestFinished(remove);
  const redis = await startRedis({ tls: { certificate, key } });
  onTestFinished(redis.close);
  const url = `rediss://localhost:${redis.port + 1}`;
  const member = async (name: string, env: Record<string, string> = {}) => {
    const flags = ["--redis-url", url, "--group", "tls", "--host-name", name];
    const rig = await startRig({ own: true, flags, env });
    onTestFinished(rig.close);
    return rig;
  };
  const stranger = await member("stranger");
  const a = await member("a", { NODE_EXTRA_CA_CERTS: certificate });
  const b = await member("b", { NODE_EXTRA_CA_CERTS: certificate });
  await seen(stranger, "the certificate", ({ problem }) => problem?.code === "group-certificate");
  await seen(a, "b", (group) => statusIn(group, "b") === "live" && group.problem === null);
  await seen(b, "a", (group) => statusIn(group, "a") === "live" && group.problem === null);
  await seen(stranger, "its own samples", (group) => statusIn(group, "stranger") === "live");
});
