import type { TestProject } from "vitest/node";
import { debianProgram } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    nginxPath: string;
    caddyPath: string;
    opensslPath: string;
  }
}

export default function setup({ provide }: TestProject) {
  provide("nginxPath", debianProgram("nginx", ["nginx-light"]));
  provide("caddyPath", debianProgram("caddy", ["caddy"]));
  provide("opensslPath", debianProgram("openssl", ["openssl"]));
}
