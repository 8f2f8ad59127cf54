import { inGradio } from "./gradio/in-gradio.ts";
import { testJobs } from "./gradio/jobs.ts";
import { testLine } from "./gradio/line.ts";

const gradio = inGradio(6);
testLine(gradio);
testJobs(gradio);
