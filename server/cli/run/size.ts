import * as v from "valibot";

const UNITS: Readonly<Record<string, number>> = { "": 1, M: 1, G: 1024, T: 1024 * 1024 };
const SIZE = /^(\d{1,9}(?:\.\d{1,3})?) ?(?:([MGT])i?B?)?$/i;
const MOST_MIB = 10_000_000;

/**
 * VRAM in MiB from text such as `14GB`, `14336MiB`, `9.5G` or `800` (MiB). A GB counts as a GiB, as on the box of a GPU:
 * rather a little too much than too little. `null`: no such text. Pure.
 */
export function mibOf(text: string): number | null {
  const [, figure, unit = ""] = SIZE.exec(text.trim()) ?? [];
  const mib = Math.ceil(Number(figure) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
  return mib >= 1 && mib <= MOST_MIB ? mib : null;
}

export const sizeText = v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
  const mib = mibOf(dataset.value);
  if (mib !== null) return mib;
  addIssue({ message: "VRAM such as 14GB or 800MiB" });
  return NEVER;
});

const SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };

/** Milliseconds from text such as `90`, `90s`, `10m` or `2h`. */
export const durationText = v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
  const [, figure, unit = ""] = /^(\d{1,6})([smh])?$/.exec(dataset.value.trim()) ?? [];
  if (figure !== undefined) return Number(figure) * (SECONDS[unit] ?? 1) * 1000;
  addIssue({ message: "a time such as 90s, 10m or 2h" });
  return NEVER;
});
