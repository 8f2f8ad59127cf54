import { basename } from "node:path";

/** What `run` was told of the job. */
export interface RunWish {
  peakMiB: number | undefined;
  gpus: number | undefined;
  label: string | undefined;
  profile: string | undefined;
  command: readonly string[];
}

/** Interpreters and launchers: the job is what they run. */
const LAUNCHERS =
  /^(?:python|node|bash|sh|zsh|perl|ruby|uv|uvx|accelerate|torchrun|deepspeed|conda|poetry|nice|env)[\d.]*(?:\.exe)?$/;
const LONGEST = 120;

/** How people find it in the panel: the program, and the script that it runs. Pure. */
export function nameOf(command: readonly string[]): string {
  const [program = "job", ...args] = command;
  const name = basename(program);
  if (!LAUNCHERS.test(name)) return name.slice(0, LONGEST);
  const script = args.find((arg) => /\.\w{1,5}$/.test(arg) && !arg.startsWith("-"));
  const module = args[args.indexOf("-m") + 1];
  const what = args.includes("-m") && module !== undefined ? module : script && basename(script);
  return (what === undefined ? name : `${name} ${what}`).slice(0, LONGEST);
}

/** The body of `POST /api/v1/jobs`, less what is known of its process. Peaks are learned under profile, label or name. */
export function bodyOf({ peakMiB, gpus, label, profile, command }: RunWish, asker: string | undefined) {
  const name = label ?? nameOf(command);
  return {
    label: name,
    ...(profile === undefined ? { signature: { host: "run", kind: name } } : { profile }),
    ...(peakMiB === undefined ? {} : { peakMiB }),
    ...(asker === undefined ? {} : { asker }),
    gpus,
  };
}
