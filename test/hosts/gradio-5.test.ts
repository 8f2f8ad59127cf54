import { inject } from "vitest";
import { inGradio } from "./gradio/in-gradio.ts";
import { testJobs } from "./gradio/jobs.ts";
import { testLine } from "./gradio/line.ts";

const gradio = inGradio(5);
testLine(gradio);
// The newest one's stand for them, but in the long form.
if (inject("runs") > 1) testJobs(gradio);
