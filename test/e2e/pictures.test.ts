import { everyStateLooksAsKept, LOOKS_OF_NPM_TEST } from "../helpers/every-state.ts";

everyStateLooksAsKept(LOOKS_OF_NPM_TEST);
