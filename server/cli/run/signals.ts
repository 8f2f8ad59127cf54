import { readFileSync } from "node:fs";
import { constants } from "node:os";

/** What is passed on to the program; Ctrl-C and the like reach it by the terminal, too. */
const PASSED_ON = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
const BY_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/** @param take told of each signal that this process gets */
export function listenForSignals(take: (signal: NodeJS.Signals) => void): () => void {
  const listeners = PASSED_ON.map((signal) => [signal, () => take(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

/** Whether the terminal has sent it to the program itself: a second Ctrl-C would break its tidying up. */
export function reachedProgram(signal: NodeJS.Signals): boolean {
  if (!BY_TERMINAL.includes(signal)) return false;
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group !== undefined && group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}

/** The exit code by which shells tell that a signal ended a program. */
export const codeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
