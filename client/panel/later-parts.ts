/** What a small view gets soon after its first figures: the buttons that open something, and what is told beside them. */
export { Why } from "./concurrency/Why.tsx";
export { NoticeButton } from "./connection/NoticeButton.tsx";
export { HandoverLine } from "./handover/HandoverLine.tsx";
export { AlertChip } from "./health/AlertChip.tsx";
export { ButtonContent } from "./release/ButtonContent.tsx";
export { Confirm } from "./release/Confirm.tsx";
export { DetailsButton } from "./release/DetailsButton.tsx";
export { outlookOf } from "./release/outlook.ts";
export { Settings } from "./settings/Settings.tsx";
