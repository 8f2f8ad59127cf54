import { roundPercent } from "../../shared/gpu/units.ts";

/** How unknown figures are shown. */
export const DASH = "—";

/** MiB as GiB with one decimal, `—` when unknown. */
export function gib(mib: number | null): string {
  return mib === null ? DASH : (mib / 1024).toFixed(1);
}

/** MiB as GiB, a whole number without its decimal: what never changes is read at a glance. */
export function gibTotal(mib: number | null): string {
  return gib(mib).replace(/\.0$/, "");
}

/** MiB as GiB where it is an estimate: from three digits on the decimal tells nothing, and takes the room of words. */
export function gibAbout(mib: number): string {
  return mib < 100 * 1024 ? gib(mib) : whole(mib / 1024);
}

/** A whole number with grouped digits, `—` when unknown. */
export function whole(value: number | null): string {
  return value === null ? DASH : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A whole number and its unit, `—` alone when unknown. */
export function withUnit(value: number | null, unit: string): string {
  return value === null ? DASH : `${Math.round(value)}${unit}`;
}

/** The same with its sign, `—` when unknown. */
export function percent(value: number | null): string {
  return value === null ? DASH : `${roundPercent(value)}%`;
}
