#!/usr/bin/env node
import { isCommand } from "./cli/names.ts";

/** Flags alone start the sidecar; a command asks the one that runs. Each loads no more than it needs. */
async function main() {
  const [first = "", ...rest] = process.argv.slice(2);
  if (isCommand(first)) {
    const { runCommand } = await import("./cli/cli.ts");
    await runCommand(first, rest);
  } else {
    const { serve } = await import("./serve.ts");
    serve();
  }
}

void main();
