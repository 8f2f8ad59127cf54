import type { GroupWords } from "../codes.ts";

export const groupProblemsEn: GroupWords = {
  "group-away": {
    message: "Redis cannot be reached, so the other hosts are shown as they were: {detail}",
    advice:
      "It is tried again by itself. Check --redis-url (rediss:// where it speaks TLS) and that Redis runs.",
  },
  "group-not-admitted": {
    message: "Redis does not let this host in, so the other hosts are shown as they were: {detail}",
    advice: "Check user and password in --redis-url, and that this user may use the keys gpu-panel:*.",
  },
  "group-not-written": {
    message: "Redis takes nothing from this host, so the others show it as stale: {detail}",
    advice:
      "It is tried again by itself. Give Redis memory (maxmemory) or room on its disk; where --redis-url names a replica, name the primary.",
  },
  "group-certificate": {
    message: "Redis shows a certificate that is not trusted here, so nothing is asked of it: {detail}",
    advice:
      "Start the panel with NODE_EXTRA_CA_CERTS=FILE, its authority's certificate, and name Redis in --redis-url as its own does.",
  },
  "group-stranger": {
    message:
      "In Redis stand entries of the group {group} that are not signed with its secret; they are passed over.",
    advice: "Start every host of the group with the same --group-secret, or see who else writes there.",
  },
  "group-twin": {
    message: "Another panel of the group has the name {name} and the same address.",
    advice: "Start one of them with another --host-name, and with an --address that the others reach.",
  },
  "group-clock": {
    message: "What {name} publishes is not of now by the clock of this machine; it is passed over.",
    advice: "Set the clocks of both machines (NTP): they may differ by a minute.",
  },
  "host-unknown": {
    message: "There is no host {host} in the group.",
    advice: "Take the id of one that GET /api/v1/group lists.",
  },
  "host-unreachable": {
    message: "{name} cannot be reached at {address}: {detail}",
    advice: "Nothing was done there, and nothing is kept for later. Try again when it is back.",
  },
  "host-silent": {
    message: "{name} has not answered: {detail}",
    advice: "It may have been done there. Send the same again with the same requestId: it is done once.",
  },
  "host-answer": {
    message: "What answers at the address of {name} is not its panel (status {status}).",
    advice: "Check its --address, and the proxy before it.",
  },
  "host-refuses": {
    message: "{name} refuses what is passed on to it: {detail}",
    advice: "Give every host the same --group-secret, or the peer its token.",
  },
  "not-passed-on": {
    message: "Nothing is passed on to {name}: there is no secret to sign it with.",
    advice: "Start every host of the group with the same --group-secret, or give the peer its token.",
  },
  "no-host": {
    message: "No host of the group is live.",
    advice: "GET /api/v1/group says what is wrong with each.",
  },
  "peer-away": {
    message: "{name} cannot be reached.",
    advice: "Check that its panel runs, and its address under peers in the config file.",
  },
};
