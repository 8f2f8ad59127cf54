import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Path of a program that the tests need: an installed one, else that of Debian's packages, which are installed where
 * we are root; else says what to install. A service that a package brings is not started.
 */
export function debianProgram(program: string, packages: readonly string[]): string {
  const installed = which(program);
  if (installed !== null) return installed;
  installPackages(packages);
  const now = which(program);
  if (now !== null) return now;
  throw new Error(
    `The tests need ${program}. Install it (Debian: sudo apt-get install -y ${packages.join(" ")}) and start them again.`,
  );
}

/** Installs Debian packages where that can be done at all; whoever calls it looks whether it helped. */
export function installPackages(packages: readonly string[]) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  process.stdout.write(`Not here yet: apt-get install -y ${packages.join(" ")}\n`);
  // With RUNLEVEL=1 invoke-rc.d starts nothing.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  // Another test project may be installing at this moment.
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  execFileSync("apt-get", [...wait, "update", "-qq"], { stdio: "inherit", env });
  execFileSync("apt-get", [...wait, "install", "-y", "-qq", "--no-install-recommends", ...packages], {
    stdio: "inherit",
    env,
  });
}

function which(program: string): string | null {
  const found = spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : null;
}
