import type { Action } from "../actions/define-action.ts";
import type { Route } from "../actions/definition.ts";

/** `/mcp` for agents. What speaks their protocol is loaded with the first message. */
export function createMcpRoute(actions: readonly Action[], version: string): Route {
  return {
    method: "POST",
    path: /^mcp$/,
    describe: { path: "/mcp", summary: "Model Context Protocol", answers: {} },
    async handle(exchange, sidecar) {
      const { serveMcp } = await import("./serve-mcp.ts");
      await serveMcp(exchange, sidecar, { actions, version });
    },
  };
}
