// A process of its own, so that what it leaves to be collected disturbs no figure.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("write-thirty-days.ts", import.meta.url)));
process.stdout.write(`${JSON.stringify(module.writeThirtyDays(process.argv[2]))}\n`);
