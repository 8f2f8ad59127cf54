import {
  type GroupOverviewRequest,
  groupOverviewRequestSchema,
  type OverviewAnswer,
  overviewAnswerSchema,
} from "../../shared/protocol/group-overview.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { message } from "./requests.ts";

export const groupOverview = defineAction<GroupOverviewRequest, OverviewAnswer>({
  name: "group-overview",
  summary: "The hosts of the group as the panel's overview shows them: each with the figures of its row",
  docs: "asked for every two seconds while the overview is on screen, see [many hosts](group.md); with `since`, the `n` of the answer before, it is `{n, changes}`: the difference of then and now",
  may: "see",
  reply: overviewAnswerSchema,
  socket: { event: "group-overview", takes: message(groupOverviewRequestSchema) },
  run: (sidecar, { profile, since }) => succeed(sidecar.groupOverview(profile, since)),
});
