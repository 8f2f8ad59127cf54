import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createProcessOwners } from "../../../../../server/release/owners/process-owners.ts";

// Elsewhere than on Linux there is no such folder, and nothing is looked for.
const onLinux = describe.runIf(process.platform === "linux");

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(proc, "net"));
});
afterEach(() => rmSync(proc, { recursive: true, force: true }));

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
/** Who listens: port and inode. */
function listening(sockets: readonly (readonly [port: number, inode: number])[], table = "tcp") {
  const rows = sockets.map(
    ([port, inode], i) =>
      `   ${i}: 0100007F:${hex(port)} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1`,
  );
  writeFileSync(join(proc, "net", table), ["  sl  local_address …", ...rows, ""].join("\n"));
}
interface FakeProcess {
  parent?: number;
  start?: number;
  name?: string;
  /** Inodes of its sockets; `null`: another user's, whose files are hidden. */
  sockets?: readonly number[] | null;
}
function run(pid: number, { parent = 1, start = 100, name = "python3", sockets = [] }: FakeProcess = {}) {
  const folder = join(proc, String(pid));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const zeros = Array(17).fill(0).join(" ");
  writeFileSync(join(folder, "stat"), `${pid} (${name}) S ${parent} ${zeros} ${start} 0 0`);
  if (sockets === null) return;
  mkdirSync(join(folder, "fd"));
  symlinkSync("/dev/null", join(folder, "fd", "0"));
  symlinkSync("anon_inode:[eventpoll]", join(folder, "fd", "1"));
  sockets.forEach((inode, i) => {
    symlinkSync(`socket:[${inode}]`, join(folder, "fd", String(i + 2)));
  });
}
const end = (pid: number) => rmSync(join(proc, String(pid)), { recursive: true });

const COMFY = { id: "comfyui", url: "http://127.0.0.1:8188" };
const OLLAMA = { id: "ollama", url: "http://localhost:11434/" };

onLinux("by the files of /proc", () => {
  test("REL-17c the process that listens, its children and theirs belong to the backend; others do not", async () => {
    listening([
      [8188, 501],
      [11_434, 502],
    ]);
    run(10, { sockets: [400, 501] });
    run(11, { parent: 10, name: "a) b (c" });
    run(12, { parent: 11 });
    run(20, { sockets: [502] });
    run(21, { parent: 20 });
    run(30, { sockets: [999] });
    const owners = createProcessOwners([COMFY, OLLAMA], proc);
    await owners.update([10, 12, 21, 30, 4242]);
    expect([10, 12, 21, 30, 4242].map(owners.ownerOf)).toEqual([
      "comfyui",
      "comfyui",
      "ollama",
      undefined,
      undefined,
    ]);
    expect([owners.isFound("comfyui"), owners.isFound("ollama"), owners.isFound("other")]).toEqual([
      true,
      true,
      false,
    ]);
    // Of the last update alone.
    await owners.update([12]);
    expect([owners.ownerOf(12), owners.ownerOf(21)]).toEqual(["comfyui", undefined]);
  });

  test("REL-17c a backend that another has started is its own: the nearest listener counts", async () => {
    listening([
      [7801, 601],
      [8188, 501],
    ]);
    run(10, { sockets: [601] });
    run(11, { parent: 10, sockets: [501] });
    run(12, { parent: 11 });
    run(13, { parent: 10 });
    const owners = createProcessOwners([COMFY, { id: "swarmui", url: "http://127.0.0.1:7801" }], proc);
    await owners.update([12, 13]);
    expect([owners.ownerOf(12), owners.ownerOf(13)]).toEqual(["comfyui", "swarmui"]);
  });

  test("REL-17c what listens by IPv6 alone is found as well", async () => {
    listening([[8188, 501]], "tcp6");
    run(10, { sockets: [501] });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([10]);
    expect(owners.ownerOf(10)).toBe("comfyui");
  });

  test("REL-17c a worker whose launcher has ended is still the backend's; the PID used again is not", async () => {
    listening([[8188, 501]]);
    run(10, { sockets: [501] });
    run(11, { parent: 10 });
    run(12, { parent: 11, start: 200 });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([12]);
    end(11);
    run(12, { parent: 1, start: 200 });
    await owners.update([12]);
    expect(owners.ownerOf(12)).toBe("comfyui");
    run(12, { parent: 1, start: 999 });
    await owners.update([12]);
    expect(owners.ownerOf(12)).toBeUndefined();
  });

  test("REL-17c when the backend has ended, so has what was its: whoever is left is not named after it", async () => {
    listening([[8188, 501]]);
    run(10, { sockets: [501] });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([10]);
    listening([]);
    await owners.update([10]);
    expect([owners.ownerOf(10), owners.isFound("comfyui")]).toEqual([undefined, false]);
  });

  test("REL-17c a backend that was taken back owns nothing, also when it was the only one", async () => {
    listening([[8188, 501]]);
    run(10, { sockets: [501] });
    const backends = [COMFY];
    const owners = createProcessOwners(backends, proc);
    await owners.update([10]);
    expect([owners.ownerOf(10), owners.processesOf("comfyui")]).toEqual(["comfyui", ["10@100"]]);
    backends.pop();
    await owners.update([10]);
    expect([owners.ownerOf(10), owners.processesOf("comfyui")]).toEqual([undefined, []]);
  });

  test("REL-17c a lineage without end ends the search, and so does a process that is its own parent", async () => {
    listening([[8188, 501]]);
    run(10, { sockets: [501] });
    for (let pid = 11; pid < 40; pid++) run(pid, { parent: pid - 1 });
    run(50, { parent: 50 });
    run(51, { parent: 52 });
    run(52, { parent: 51 });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([39, 50, 51]);
    expect([39, 50, 51].map(owners.ownerOf)).toEqual([undefined, undefined, undefined]);
  });

  test("REL-17c another user's process: who it is cannot be told, and so neither that others are not it", async () => {
    listening([[8188, 501]]);
    run(10, { sockets: null });
    run(12, { parent: 10, sockets: null });
    run(30, { sockets: [999] });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([12, 30]);
    expect([owners.ownerOf(12), owners.ownerOf(30)]).toEqual([undefined, undefined]);
    expect(owners.isFound("comfyui")).toBe(false);
  });

  test("REL-17c a port that a proxy holds, as Docker's, is not the backend's process", async () => {
    listening([[8188, 501]]);
    run(10, { name: "docker-proxy", sockets: [501] });
    run(20, { name: "containerd-shim" });
    run(21, { parent: 20 });
    const owners = createProcessOwners([COMFY], proc);
    await owners.update([21]);
    expect([owners.ownerOf(21), owners.isFound("comfyui")]).toEqual([undefined, false]);
  });

  test("REL-17c without /proc nothing is found and nothing thrown", async () => {
    for (const folder of [join(proc, "none"), join(proc, "empty")]) {
      const owners = createProcessOwners([COMFY], folder);
      await owners.update([1, 10, 0, -1]);
      expect([owners.ownerOf(10), owners.isFound("comfyui")]).toEqual([undefined, false]);
    }
  });

  test("REL-17c a backend on another machine, or without an address, has no process here", async () => {
    listening([
      [8188, 501],
      [80, 502],
      [443, 503],
    ]);
    run(10, { sockets: [501, 502, 503] });
    for (const url of [
      "http://192.0.2.7:8188",
      "http://gpu-host.example:8188",
      "https://example.org/",
      null,
    ]) {
      const owners = createProcessOwners([{ id: "far", url }], proc);
      await owners.update([10]);
      expect([owners.ownerOf(10), owners.isFound("far")], String(url)).toEqual([undefined, false]);
    }
    for (const url of [
      "http://localhost/",
      "https://127.0.0.1/x",
      "http://127.1.2.3:8188",
      "http://[::1]:8188",
    ]) {
      const owners = createProcessOwners([{ id: "here", url }], proc);
      await owners.update([10]);
      expect(owners.ownerOf(10), url).toBe("here");
    }
  });
});

onLinux("by the kernel", () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill("SIGKILL");
    child = undefined;
  });

  test("REL-17c a real process that listens: its child's child, as a GPU worker, is the backend's", async () => {
    // Ends with its standard input, and its children with theirs.
    const worker = `process.stdin.on("end", () => process.exit()).resume();`;
    const middle = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(worker)}]);
      ${worker}
      console.log(child.pid);`;
    const server = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(middle)}]);
      ${worker}
      child.stdout.once("data", (pid) => {
        const server = require("node:net").createServer().listen(0, "127.0.0.1", () =>
          console.log(JSON.stringify({ port: server.address().port, pid: Number(pid) })));
      });`;
    const running = spawn(process.execPath, ["-e", server], { stdio: ["pipe", "pipe", "inherit"] });
    child = running;
    const line = await new Promise<string>((resolve) =>
      running.stdout.once("data", (data) => resolve(String(data))),
    );
    const { port, pid } = JSON.parse(line);
    const owners = createProcessOwners([
      { id: "real", url: `http://127.0.0.1:${port}` },
      { id: "none", url: "http://127.0.0.1:1" },
    ]);
    await owners.update([pid, process.pid]);
    expect([owners.ownerOf(pid), owners.ownerOf(process.pid)]).toEqual(["real", undefined]);
    expect([owners.isFound("real"), owners.isFound("none")]).toEqual([true, false]);
    const over = new Promise((resolve) => running.once("close", resolve));
    running.kill("SIGKILL");
    await over;
    await owners.update([pid]);
    expect(owners.ownerOf(pid)).toBeUndefined();
  });
});
