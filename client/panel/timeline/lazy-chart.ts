import { lazy } from "react";

/** The chart library, loaded where a chart is shown. */
export const TimelineChart = lazy(() => import("./TimelineChart.tsx"));
