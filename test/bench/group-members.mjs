import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("group-members.ts", import.meta.url)));
await module.main(process.argv.slice(2));
