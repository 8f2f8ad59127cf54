import { definePanelElement } from "../embedding/panel-element.tsx";

export type * from "../../shared/public-types.ts";
export type * from "./element-types.ts";

definePanelElement("http://127.0.0.1:7870/");
