import { definePanelElement } from "../embedding/panel-element.tsx";

// `/element.js` of a sidecar: the panel shows the sidecar that it was loaded from.
definePanelElement(new URL(/* @vite-ignore */ "./", import.meta.url).href);
