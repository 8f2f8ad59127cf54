import { onTestFinished } from "vitest";
import { hostsPython } from "../helpers/own-python.ts";
import { type LlamaServer, launchLlamaServer, type ServerOptions } from "./llama-process.ts";

/** A real llama-server on the CPU, ended with the test. */
export async function startLlamaServer(options: ServerOptions = {}): Promise<LlamaServer> {
  const server = await launchLlamaServer(await hostsPython(), options);
  onTestFinished(() => server.close());
  return server;
}
