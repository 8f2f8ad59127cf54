import * as v from "valibot";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineViewerAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const watch = defineViewerAction({
  name: "watch",
  summary: "The panel is visible: it gets turns",
  may: "see",
  reply: v.null(),
  socket: { event: "watch", takes: nothing },
  run(_sidecar, _request, viewer) {
    viewer.setWatching(true);
    return succeed(null);
  },
});
