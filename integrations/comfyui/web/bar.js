/** Buttons left of Run. ComfyUI draws them once from raw objects: what changes is written into the page. */
export const GLANCE = "gpu-status-panel-glance";
export const CHIP = "gpu-status-panel-chip";
export const FRAME = "gpu-status-panel-frame";

const STYLE = `
.${CHIP} > i { display: none; }
.${GLANCE}, .${CHIP} { font-variant-numeric: tabular-nums; white-space: nowrap; }
.${GLANCE}:not([data-shown]), .${CHIP}:not([data-shown]) { display: none !important; }
.${CHIP} { --colour: var(--descrip-text, #999); }
.${CHIP}[data-kind="fits"] { --colour: #12a594; }
.${CHIP}[data-kind="after-release"], .${CHIP}[data-kind="tight"], .${CHIP}[data-kind="no-room"], .${CHIP}[data-kind="may-not-fit"] { --colour: #d97706; }
.${CHIP}[data-kind="will-not-fit"] { --colour: #e5484d; }
.${CHIP}::before { content: ""; width: 8px; height: 8px; flex: none; border-radius: 50%; background: var(--colour); }
/* Where there is no room for words, the form tells what colour alone would. */
.${CHIP}:is([data-kind="tight"], [data-kind="no-room"], [data-kind="may-not-fit"])::before { width: 10px; height: 9px; border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.${CHIP}[data-kind="will-not-fit"]::before { border-radius: 1px; }
.${CHIP}[data-kind="after-release"]::before { background: linear-gradient(90deg, var(--colour) 50%, transparent 50%); box-shadow: inset 0 0 0 1.5px var(--colour); }
/* Run comes first: where the bar is narrow, words go, and hovering still tells them. */
.${CHIP} > span { overflow: hidden; text-overflow: ellipsis; }
@media (max-width: 1300px) { .${CHIP} > span { max-width: 14em; } }
@media (max-width: 900px) { .${CHIP} > span { display: none; } }
@media (max-width: 760px) { .${GLANCE} > span { display: none; } }
/* Beside the open tab there is less of it. */
@media (max-width: 1620px) { body:has(.${FRAME}) .${CHIP} > span { max-width: 14em; } }
@media (max-width: 1220px) { body:has(.${FRAME}) .${CHIP} > span { display: none; } }
@media (max-width: 1080px) { body:has(.${FRAME}) .${GLANCE} > span { display: none; } }
@media (max-width: 820px) { body:has(.${FRAME}) .${GLANCE} { display: none !important; } }
.${CHIP}[data-kind="unknown"]::before { background: none; box-shadow: inset 0 0 0 1.5px var(--colour); }
`;

export function addStyle() {
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
}

/** @param said text, tooltip and kind; `null`: nothing is shown */
export function write(name, said) {
  for (const button of document.querySelectorAll(`.${name}`)) {
    button.toggleAttribute("data-shown", said !== null);
    if (said === null) continue;
    button.title = said.why;
    button.setAttribute("aria-label", `${said.text}. ${said.why}`);
    if (said.kind !== undefined) button.dataset.kind = said.kind;
    // The label is the last piece of text; the icon stands before it.
    const label = [...button.querySelectorAll("span")].at(-1) ?? button;
    if (label.textContent !== said.text) label.textContent = said.text;
  }
}
