import {
  type GroupOverview,
  type GroupOverviewRequest,
  groupOverviewRequestSchema,
  groupOverviewSchema,
} from "../../shared/protocol/group-overview.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { message } from "./requests.ts";

export const groupOverview = defineAction<GroupOverviewRequest, GroupOverview>({
  name: "group-overview",
  summary: "The hosts of the group as the panel's overview shows them: each with the figures of its row",
  docs: "asked for every two seconds while the overview is on screen, see [many hosts](group.md)",
  may: "see",
  reply: groupOverviewSchema,
  socket: { event: "group-overview", takes: message(groupOverviewRequestSchema) },
  run: (sidecar, { profile }) => succeed(sidecar.groupOverview(profile)),
});
