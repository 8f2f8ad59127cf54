import type { GroupWords } from "./words.ts";

export const groupEn: GroupWords = {
  title: "Hosts of the group",
  alone: "This host has no GPU of its own. It shows the group {name}: {hosts}.",
  beside: "Group {name}: {hosts}",
  hosts: { one: "1 host", more: "{n} hosts" },
  answer: {
    some: "{n} more can start: {where}",
    on: "{n} on {host}",
    between: ", ",
    others: "{n} on others",
    none: "No room for one more on any host",
    unknown: "Room is not known yet",
  },
  forProfile: "for {profile}",
  status: {
    live: "live",
    starting: "starting",
    stale: "stale",
    failed: "no figures",
    unreachable: "unreachable",
  },
  since: "stale, {age}",
  filter: "Filter hosts",
  sort: { label: "Sort hosts by", name: "Name", room: "Room" },
  columns: {
    host: "host",
    status: "state",
    vram: "VRAM",
    used: "used",
    util: "util",
    temp: "temp",
    room: "room",
  },
  waiting: "No other host has been heard of yet.",
  noMatch: "No host has this in its name.",
};
