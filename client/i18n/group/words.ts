import type { HostRow } from "../../../shared/protocol/group-overview.ts";

/** Words of the overview of many hosts. */
export interface GroupWords {
  /** Name of the part and of its table. */
  title: string;
  /** The page of a host without GPUs. */
  alone: string;
  beside: string;
  hosts: { one: string; more: string };
  answer: { some: string; on: string; between: string; others: string; none: string; unknown: string };
  forProfile: string;
  status: Record<HostRow["status"], string>;
  /** A host that is silent, and since when. */
  since: string;
  filter: string;
  sort: { label: string; name: string; room: string };
  columns: {
    host: string;
    status: string;
    vram: string;
    used: string;
    util: string;
    temp: string;
    room: string;
  };
  waiting: string;
  noMatch: string;
}
