import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import { debianProgram } from "../helpers/debian-program.ts";
import { waitUntil } from "../helpers/wait-until.ts";

test("npm run demo:group starts three hosts that show each other, and ends them", async () => {
  debianProgram("redis-server", ["redis-server"]);
  const port = 20_000 + (process.pid % 10_000);
  const child = spawn(process.execPath, ["build/demo-group.mjs", String(port)], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const view = await waitUntil(
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/api/v1/group`).catch(() => null);
        const group: GroupView | undefined = await response?.json();
        return group?.hosts.length === 3 ? group : null;
      },
      { what: "three hosts", timeoutMs: 60_000 },
    );
    expect(view.hosts.map(({ name, state }) => [name, state?.gpus.length])).toEqual([
      ["gpu1", 2],
      ["gpu2", 4],
      ["gpu3", 8],
    ]);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await ended).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});
