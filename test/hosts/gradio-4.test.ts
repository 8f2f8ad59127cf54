import { inGradio } from "./gradio/in-gradio.ts";
import { testJobs } from "./gradio/jobs.ts";
import { testLine } from "./gradio/line.ts";

const gradio = inGradio(4);
testLine(gradio);
testJobs(gradio);
