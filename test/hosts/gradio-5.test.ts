import { testGradio } from "./gradio/suite.ts";

testGradio(5);
