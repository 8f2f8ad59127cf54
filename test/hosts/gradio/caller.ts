import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { PythonHost } from "../../helpers/python-host.ts";

const CALL = fileURLToPath(new URL("./call.py", import.meta.url));

/** Somebody at a demo's page, by gradio_client. */
export interface Caller {
  submit(name: string, api: string, ...values: unknown[]): Promise<void>;
  /** What came of it, or the error in the words that its visitor reads. */
  result(name: string): Promise<{ value?: unknown; error?: string }>;
  /** What its visitor reads meanwhile. */
  texts(name: string): Promise<string[]>;
  cancel(name: string): Promise<void>;
  over(names: readonly string[]): Promise<string[]>;
  /** Calls and waits for the end: seconds. */
  predict(api: string, ...values: unknown[]): Promise<number>;
  /** Closes the page. */
  leave(): void;
}

export async function startCaller(host: PythonHost, url: string): Promise<Caller> {
  const child = spawn(join(host.folder, "bin/python"), [CALL, url], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: process.env.PATH, HOME: host.folder, PYTHONUNBUFFERED: "1" },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function answer() {
    const { value, done } = await lines.next();
    if (done) throw new Error(`gradio_client has ended at ${url}`);
    return JSON.parse(value);
  }
  async function ask(what: Record<string, unknown>) {
    child.stdin.write(`${JSON.stringify(what)}\n`);
    return answer();
  }
  await answer();
  return {
    submit: (name, api, ...values) => ask({ do: "submit", name, api, values }),
    result: (name) => ask({ do: "result", name }),
    texts: async (name) => (await ask({ do: "texts", name })).texts,
    cancel: (name) => ask({ do: "cancel", name }),
    over: async (names) => (await ask({ do: "over", names })).over,
    predict: async (api, ...values) => (await ask({ do: "predict", api, values })).seconds,
    leave: () => child.kill("SIGKILL"),
  };
}
