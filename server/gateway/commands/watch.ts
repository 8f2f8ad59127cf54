import { succeed } from "../../../shared/protocol/reply.ts";
import type { Viewer } from "./command.ts";

/** The panel is visible, or it is not: a hidden one leaves the room and costs nothing. */
export function setWatching(viewer: Viewer, watching: boolean) {
  viewer.setWatching(watching);
  return succeed(null);
}
