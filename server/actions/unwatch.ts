import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineViewerAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const unwatch = defineViewerAction({
  name: "unwatch",
  summary: "The panel is hidden: it gets alerts, the release and figures for its title",
  may: "see",
  reply: v.null(),
  socket: { event: "unwatch", takes: nothing },
  run(_sidecar, _request, viewer) {
    viewer.setWatching(false);
    return succeed(null);
  },
});
