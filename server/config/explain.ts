import { COMMANDS } from "../cli/names.ts";
import { FLAGS, variableOf } from "./options.ts";

/** Text of `--help`. */
export function usage(): string {
  const rows = [
    ...FLAGS.map(({ flag, value, help }) => [`--${flag}${value === null ? "" : ` ${value}`}`, help] as const),
    ["--config FILE", "JSON file with the same settings (default gpu-panel.config.json if there)"] as const,
    ["--check", "ask the panel that runs with these settings whether samples come; exit 0 or 1"] as const,
    ["--version", "print the version"] as const,
    ["--help", "print this"] as const,
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    "gpu-status-panel: VRAM, temperature, utilization, recommended concurrency and a Release VRAM button.",
    "",
    "Usage: gpu-status-panel [flags]      (from a clone: npm start -- [flags])",
    `       gpu-status-panel ${COMMANDS.join("|")} …      (each with --help)`,
    "",
    ...rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`),
    "",
    `Each flag can be set in the environment too: ${variableOf("base-path")} for --base-path.`,
    "",
  ].join("\n");
}

/** What is said when the options cannot be taken. */
export function explainErrors(errors: readonly string[]): string {
  return [...errors.map((error) => `gpu-status-panel: ${error}`), "See --help.", ""].join("\n");
}

/**
 * What is said when somebody else has the port.
 * @param panel the panel that answers there; `null`: another program
 * @param pid its process, where it is known
 */
export function explainPortTaken(
  host: string,
  port: number,
  panel: { url: string; version: string | null } | null,
  pid: number | null,
): string {
  const begin = `gpu-status-panel: port ${port} on ${host} is in use`;
  if (panel !== null) {
    const facts = [
      panel.version === null ? "" : `version ${panel.version}`,
      pid === null ? "" : `pid ${pid}`,
    ].filter((fact) => fact !== "");
    const known = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
    return `${begin}: a GPU status panel${known} already runs at ${panel.url}\nOpen that one, or take another port with --port.\n`;
  }
  const ask =
    process.platform === "win32" ? `netstat -ano | findstr :${port}` : `ss -ltnp 'sport = :${port}'`;
  return `${begin} by another program. See which with: ${ask}\nTake another port with --port.\n`;
}

/** What is said when the port cannot be bound for another reason. */
export function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "EACCES") {
    return `gpu-status-panel: port ${port} may not be bound by this user. Take one above 1023 with --port.\n`;
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return `gpu-status-panel: ${host} is not an address of this machine. Check --host.\n`;
  }
  return `gpu-status-panel: cannot listen on ${host}:${port}: ${error.message}\n`;
}
