import type { GroupWords } from "../codes.ts";

export const groupProblemsEn: GroupWords = {
  "group-away": {
    message: "Redis cannot be reached, so the other hosts are shown as they were: {detail}",
    advice: "It is tried again by itself. Check --redis-url and that Redis runs.",
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
  "peer-away": {
    message: "{name} cannot be reached.",
    advice: "Check that its panel runs, and its address under peers in the config file.",
  },
};
