import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";
import { npm } from "./packed-package.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What keeps a test from a machine of its own, and what to do; empty where nothing does. */
    machineLacks: string;
    /** The same for a Docker in it. */
    dockerLacks: string;
  }
}

const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));
/** Docker's programs, never installed on this machine. */
export const DOCKER_FOLDER = join(CACHE, "private-machine/docker");
/** The Node that the Dockerfile names, as `/usr/local` of Docker's image has it. */
export const NODE_FOLDER = join(CACHE, "private-machine/node-22");

const PROGRAMS = [
  ["unshare", "util-linux"],
  ["ip", "iproute2"],
  ["slirp4netns", "slirp4netns"],
  ["systemctl", "systemd"],
  ["systemd-nspawn", "systemd-container"],
  ["sudo", "sudo"],
  ["iptables", "iptables"],
  ["runc", "runc"],
  ["tini-static", "tini"],
] as const;

export default async function setup({ provide }: TestProject) {
  const machineLacks = await told("the README of systemd", () => {
    if (process.getuid?.() !== 0) throw new Error("root's rights: start the tests as root");
    if (!existsSync("/usr/bin/dpkg-query")) throw new Error("Debian's packages: start the tests on a Debian");
    for (const [program, name] of PROGRAMS) debianProgram(program, [name]);
    tryInside(
      'mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"',
    );
    return cached(NODE_FOLDER, fetchNode);
  });
  provide("machineLacks", machineLacks);
  const dockerLacks =
    machineLacks ||
    (await told("the README of Docker", async () => {
      tryInside(
        "ip link add name one type veth peer name two; ip link add name three type bridge; iptables -t nat -L",
      );
      await cached(DOCKER_FOLDER, fetchDocker);
      tryProgram(join(DOCKER_FOLDER, "usr/sbin/dockerd"));
    }));
  provide("dockerLacks", dockerLacks);
}

/** Runs a preparation; what it lacks is printed and returned, for a machine that cannot is no fault of the product. */
async function told(what: string, prepare: () => Promise<void>): Promise<string> {
  try {
    await prepare();
    return "";
  } catch (error) {
    const [lacks] = String(error instanceof Error ? error.message : error).split("\n");
    process.stdout.write(`Not run here: ${what}, for want of ${lacks}\n`);
    return `not run for want of ${lacks}`;
  }
}

/** Does for a moment what `machine.sh` does for long, and in there what the commands say. */
function tryInside(commands: string) {
  if (!existsSync("/dev/net/tun")) throw new Error("/dev/net/tun: give it to this container (--device)");
  const script = `set -e
    control=$(findmnt --noheadings --first-only --output TARGET --types cgroup2)
    mkdir "$control$(sed -n s/^0:://p /proc/self/cgroup)/gpu-panel-$$"
    rmdir "$control$(sed -n s/^0:://p /proc/self/cgroup)/gpu-panel-$$"
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    export folder
    unshare --mount --pid --net --uts --ipc --cgroup --fork --propagation private sh -ec '
      mount -t proc proc /proc
      mount -t tmpfs tmpfs "$folder"
      mkdir "$folder/upper" "$folder/work" "$folder/root"
      ${commands}'`;
  try {
    execFileSync("sh", ["-c", script], { stdio: "pipe" });
  } catch (error) {
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n")[0] : error;
    throw new Error(
      `namespaces, overlays, networks and control groups of its own (${said}): give this container more rights (--privileged)`,
    );
  }
}

/** @throws where this machine's libraries are too old for it */
function tryProgram(path: string) {
  try {
    execFileSync(path, ["--version"], { stdio: "pipe" });
  } catch {
    throw new Error(`libraries that ${path} runs with: start the tests on Debian 12 or later`);
  }
}

/** Makes a folder once for all runs; a run that is broken off leaves none. */
async function cached(folder: string, fill: (unfinished: string) => Promise<void> | void) {
  if (existsSync(folder)) return;
  mkdirSync(join(folder, ".."), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    await fill(unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * Docker with BuildKit and `docker compose`, which Debian has from 13 on. Its programs run on 12 too, and are only
 * unpacked: a test wants neither a service nor a group on this machine.
 */
function fetchDocker(folder: string) {
  const scratch = join(folder, "apt");
  mkdirSync(join(scratch, "lists/partial"), { recursive: true });
  mkdirSync(join(scratch, "cache/archives/partial"), { recursive: true });
  const key = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const release = `deb [signed-by=${key}] http://deb.debian.org/debian trixie main\n`;
  writeFileSync(join(scratch, "sources"), release);
  const own = [
    `-oDir::Etc::SourceList=${join(scratch, "sources")}`,
    "-oDir::Etc::SourceParts=-",
    `-oDir::State::Lists=${join(scratch, "lists")}`,
    `-oDir::Cache=${join(scratch, "cache")}`,
    "-oAPT::Sandbox::User=root",
  ];
  const apt = (...args: string[]) =>
    execFileSync("apt-get", [...own, "-qq", ...args], { cwd: scratch, stdio: "pipe" });
  process.stdout.write("Not here yet: Docker of Debian 13, for the tests' own use\n");
  try {
    apt("update");
    apt("download", "containerd", "docker-buildx", "docker-cli", "docker-compose", "docker.io");
  } catch {
    throw new Error("Docker of Debian 13: let this machine reach deb.debian.org");
  }
  for (const file of readdirSync(scratch).filter((name) => name.endsWith(".deb")))
    execFileSync("dpkg-deb", ["--extract", join(scratch, file), folder]);
  rmSync(scratch, { recursive: true });
  rmSync(join(folder, "usr/share"), { recursive: true });
}

/** Node's own binary and npm, as the npm registry has both. */
async function fetchNode(folder: string) {
  const local = join(folder, "usr/local");
  const scratch = join(folder, "npm");
  mkdirSync(scratch, { recursive: true });
  process.stdout.write("Not here yet: Node 22, for the tests' own use\n");
  const unpack = async (name: string, into: string) => {
    const said = await npm(["pack", "--silent", name], scratch);
    mkdirSync(into, { recursive: true });
    const tarball = join(scratch, said.trim());
    execFileSync("tar", ["-xzf", tarball, "-C", into, "--strip-components=1", "--no-same-owner"]);
  };
  try {
    await unpack(`node-linux-${process.arch}@22`, join(scratch, "node"));
    await unpack("npm@10", join(local, "lib/node_modules/npm"));
  } catch {
    throw new Error("Node 22 from the npm registry: let this machine reach it");
  }
  mkdirSync(join(local, "bin"), { recursive: true });
  renameSync(join(scratch, "node/bin/node"), join(local, "bin/node"));
  for (const name of ["npm", "npx"])
    execFileSync("ln", ["-s", `../lib/node_modules/npm/bin/${name}-cli.js`, join(local, "bin", name)]);
  rmSync(scratch, { recursive: true });
}
