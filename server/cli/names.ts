/** What can be asked of the running sidecar, or done with it, at the command line. */
export const COMMANDS = ["run", "status", "fit", "release", "doctor", "mcp"] as const;
export type Command = (typeof COMMANDS)[number];

export const isCommand = (word: string): word is Command => COMMANDS.some((name) => name === word);
