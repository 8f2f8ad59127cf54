import * as v from "valibot";
import { wireProfileSchema } from "../../shared/profiles/profile.ts";
import { succeed } from "../../shared/protocol/reply.ts";
import { defineAction } from "./define-action.ts";
import { nothing } from "./requests.ts";

export const profiles = defineAction({
  name: "profiles",
  summary: "Job profiles: built in, configured, learned",
  docs: "`{profiles: [{id, label, peakMiB, basis, source}]}`",
  may: "see",
  reply: v.object({ profiles: v.array(wireProfileSchema) }),
  http: {
    method: "GET",
    path: "/api/v1/profiles",
    takes: nothing,
    answers: { 200: "All of them" },
  },
  run: (sidecar) => succeed({ profiles: [...sidecar.profiles()] }),
});
