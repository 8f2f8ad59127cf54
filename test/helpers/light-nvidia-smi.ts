import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installPackages } from "./debian-program.ts";

const BUILD = fileURLToPath(new URL("../fixtures/nvidia-smi/light/build.sh", import.meta.url));
const PACKAGES = ["gcc", "libc6-dev"];
let path: string | undefined;

/** Path of the stand-in for nvidia-smi, which is built where its source has changed. */
export function lightNvidiaSmi(): string {
  path ??= build() ?? buildWithPackages();
  return path;
}

function build(): string | null {
  const { status, stdout } = spawnSync("sh", [BUILD], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function buildWithPackages(): string {
  installPackages(PACKAGES);
  const { status, stdout, stderr } = spawnSync("sh", [BUILD], { encoding: "utf8" });
  if (status === 0) return stdout.trim();
  throw new Error(
    `The tests need a C compiler. Install it (Debian: sudo apt-get install -y ${PACKAGES.join(" ")}) and start them again. ${stderr}`,
  );
}

/** Before the first test, whose time an installation would use up. */
export default function setup() {
  lightNvidiaSmi();
}
