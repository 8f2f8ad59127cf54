import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACTIONS } from "../../../server/actions/table.ts";
import { LONGEST_TOOL_WAIT_MS, TOOLS } from "../../../server/mcp/tools.ts";

test("MCP-1 each tool is described by an action that there is, and no two have one name", () => {
  const actions = ACTIONS.map(({ name }) => name);
  for (const { action } of TOOLS) expect(actions).toContain(action);
  expect(new Set(TOOLS.map(({ name }) => name)).size).toBe(TOOLS.length);
  const told = readFileSync("docs/agents.md", "utf8");
  for (const { name } of TOOLS) expect(told).toContain(`\`${name}\``);
});

test("MCP-1b nothing but what is loaded with the first message imports the SDK", () => {
  const route = readFileSync("server/mcp/route.ts", "utf8");
  expect(route).toMatch(/await import\("\.\/serve-mcp\.ts"\)/);
  expect(route).not.toMatch(/^import (?!type).*(?:sdk|serve-mcp)/m);
});

test("MCP-3 a wait is shorter than the minute after which clients give up", () => {
  expect(LONGEST_TOOL_WAIT_MS).toBe(45_000);
});
