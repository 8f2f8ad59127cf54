import type { HostRow } from "../../../shared/protocol/group-overview.ts";

export type HostOrder = "name" | "room";

/** The hosts whose names hold what is sought, by name, or those with most room first. Pure. */
export function arrange(hosts: readonly HostRow[], sought: string, order: HostOrder): HostRow[] {
  const wanted = sought.trim().toLowerCase();
  return hosts
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => (order === "room" ? roomOf(b) - roomOf(a) : 0) || byName(a, b));
}

/** All that can start, and where: those with most room first. `null`: no host tells. Pure. */
export function roomOfGroup(hosts: readonly HostRow[]): { n: number; where: HostRow[] } | null {
  const known = hosts.filter(({ canStart }) => canStart !== null);
  if (known.length === 0) return null;
  const where = arrange(known, "", "room").filter((host) => roomOf(host) > 0);
  return { n: where.reduce((sum, host) => sum + roomOf(host), 0), where };
}

const roomOf = ({ canStart }: HostRow) => canStart ?? -1;
const byName = (a: HostRow, b: HostRow) =>
  a.name.localeCompare(b.name, "en", { numeric: true }) || a.id.localeCompare(b.id);
