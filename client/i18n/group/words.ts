import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import type { RoomState } from "../../panel/group/groups-of.ts";

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
  grouping: { label: string; none: string; state: string; kind: string };
  /** Hosts that stand together by what can be done there. */
  room: Record<RoomState, string>;
  kinds: { unknown: string };
  /** Above hosts that stand together; `room`: so many can start on them. */
  heading: { room: string; none: string };
  /** Declared jobs that run or wait on a host. */
  jobs: { one: string; more: string };
  columns: {
    host: string;
    status: string;
    vram: string;
    used: string;
    util: string;
    temp: string;
    room: string;
    release: string;
  };
  /** The button in a host's row, and what it says after the first press; `of` and `sureOf` begin with what is written on it. */
  release: { ask: string; of: string; sure: string; sureOf: string; goesOn: string };
  waiting: string;
  noMatch: string;
}
