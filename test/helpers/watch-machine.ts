import type { State } from "../../shared/protocol/state.ts";
import { connectPanel } from "./panel-client.ts";
import type { PrivateMachine } from "./private-machine.ts";
import { waitUntil } from "./wait-until.ts";

/** Looks at the panel of a machine as a page does, until `seen`; what there is to see then. */
export async function watchMachine({ url }: PrivateMachine, seen: (state: State) => boolean): Promise<State> {
  let last: unknown = "nothing";
  const look = async () => {
    const response = await fetch(`${url}api/v1/state`).catch(() => null);
    if (response === null) return null;
    const { state } = (await response.json()) as { state: State };
    last = JSON.stringify(state).slice(0, 3000);
    return seen(state) ? state : null;
  };
  await waitUntil(async () => (await fetch(`${url}healthz`).catch(() => null))?.ok, {
    what: `samples at ${url}`,
    timeoutMs: 60_000,
    everyMs: 200,
  });
  const panel = connectPanel(url);
  try {
    await panel.hello();
    return await waitUntil(look, {
      what: () => `what is seen; last: ${last}`,
      timeoutMs: 30_000,
      everyMs: 200,
    });
  } finally {
    panel.close();
  }
}
