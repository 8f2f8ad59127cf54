import { parse } from "node:path";

/** When a log begins a new file and how long the old ones are kept. */
export interface RotationRules {
  /** A file that would grow beyond this is put aside. */
  maxBytes: number;
  /** Files put aside are removed after so many days. */
  keepDays: number;
}

const DAY_MS = 86_400_000;

/** Name of a file that is put aside: `gpu.csv` of a day → `gpu.2026-11-21.1.csv`, the next one of that day `.2`. Pure. */
export function rotatedName(file: string, day: string, others: readonly string[]): string {
  const { name, ext } = parse(file);
  const taken = others.flatMap((other) => {
    const found = rotatedPart(file, other);
    return found?.day === day ? [found.number] : [];
  });
  return `${name}.${day}.${Math.max(0, ...taken) + 1}${ext}`;
}

/** Which of the files beside the log were put aside so long ago that they are removed. Pure. */
export function expired(
  file: string,
  others: readonly string[],
  nowMs: number,
  { keepDays }: Pick<RotationRules, "keepDays">,
): string[] {
  return others.filter((other) => {
    const found = rotatedPart(file, other);
    // The day has to be over: its last line may be 24 hours younger than its name.
    return found !== null && nowMs - Date.parse(`${found.day}T00:00:00`) > (keepDays + 1) * DAY_MS;
  });
}

function rotatedPart(file: string, other: string): { day: string; number: number } | null {
  const { name, ext } = parse(file);
  if (!other.startsWith(`${name}.`) || !other.endsWith(ext)) return null;
  const middle = other.slice(name.length + 1, ext === "" ? undefined : -ext.length);
  const match = /^(\d{4}-\d{2}-\d{2})\.(\d{1,6})$/.exec(middle);
  return match?.[1] === undefined ? null : { day: match[1], number: Number(match[2]) };
}
