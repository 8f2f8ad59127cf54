// Node 20 runs no TypeScript: Vite, which is here anyway, does.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("run.ts", import.meta.url)));
process.exitCode = await module.main(process.argv.slice(2));
