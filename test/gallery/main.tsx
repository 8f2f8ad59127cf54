import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { readPanelOptions } from "../../client/embedding/panel-options.ts";
import { resolveLanguage } from "../../client/i18n/use-messages.ts";
import { Panel } from "../../client/panel/Panel.tsx";
import { attach } from "../../client/shadow/attach.ts";
import type { PanelState } from "../../client/store/panel-state.ts";
import type { PanelStore } from "../../client/store/panel-store.ts";
import type { PanelParts } from "../../client/store/use-panel.ts";
import { OwnPageContext } from "../../client/ui/View.tsx";
import { OPENED } from "./opened.ts";
import { STATES } from "./states.ts";
import { stillSource } from "./still-source.ts";

const place = document.getElementById("gallery");
let query = new URLSearchParams(location.search);
const first = STATES[query.get("state") ?? ""];
if (place !== null) {
  if (first === undefined) createRoot(place).render(<Index />);
  else draw(place, query.get("state") ?? "", first);
}

/** A panel's state that the page changes. */
function changingStore(begin: PanelState) {
  let state = begin;
  const listeners = new Set<() => void>();
  const store: PanelStore = {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pace() {},
    close() {},
  };
  return {
    store,
    show(next: PanelState) {
      state = next;
      for (const listener of listeners) listener();
    },
  };
}

/**
 * One state as one panel: `?state=…&view=…&theme=…&lang=…`, with `on=…` on a background as a host's page has it.
 * `window.showState("full")` has the same panel show another, `showState("full", true)` a new panel in its place;
 * `showLook("?state=…")` is what loading the page with other parameters would be, without loading it.
 * `picture` is for photographs: pinned fonts, and no higher than what is in it.
 */
function draw(element: HTMLElement, name: string, first: PanelState) {
  const picture = query.has("picture");
  const dress = () => {
    const { view } = readPanelOptions((name) => query.get(name));
    document.body.style.background = query.get("on") ?? "";
    const fills = view !== "compact" && view !== "bar" && !picture;
    element.style.setProperty("--gpu-panel-min-height", fills ? "100vh" : null);
  };
  dress();
  const place = attach(element);
  if (picture) void import("./pinned-fonts.ts").then(({ pinFonts }) => pinFonts(element));
  let shown = changingStore(first);
  let count = 0;
  const render = (state: string) => {
    const source = stillSource(OPENED[state]?.answers);
    const parts = { store: shown.store, source, address: "http://localhost:7870/" };
    // At once, so that nothing is pressed in the panel before it.
    flushSync(() => place.render(<Drawn key={count++} parts={parts} />));
    return pressAll(element, OPENED[state]?.press ?? []);
  };
  void render(name);
  const showState = (name: string, anew = false) => {
    const state = STATES[name];
    if (state === undefined) throw new Error(`no state ${name}`);
    if (!anew && OPENED[name] === undefined) return shown.show(state);
    shown = changingStore(state);
    return render(name);
  };
  Object.assign(window, {
    showState,
    showLook(search: string) {
      query = new URLSearchParams(search);
      localStorage.clear();
      sessionStorage.clear();
      scrollTo(0, 0);
      dress();
      return showState(query.get("state") ?? "", true);
    },
    showNothing: () => place.render(null),
  });
}

function Drawn({ parts }: { parts: PanelParts }) {
  const { view, theme, lang } = readPanelOptions((name) => query.get(name));
  return (
    <OwnPageContext.Provider value>
      <Panel
        parts={parts}
        view={view ?? "full"}
        theme={theme ?? "light"}
        languageChoice={lang ?? "auto"}
        language={resolveLanguage(lang ?? "en", [])}
        gpus={null}
        profile={query.get("model")}
        expected={Number(query.get("expected"))}
        onCount={() => {}}
        onTheme={() => {}}
        onLanguage={() => {}}
        onProfile={() => {}}
      />
    </OwnPageContext.Provider>
  );
}

/** All states with links to each view. */
function Index() {
  return (
    <table>
      <tbody>
        {Object.keys(STATES).map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {["full", "compact", "bar"].flatMap((view) =>
              ["light", "dark"].flatMap((theme) =>
                ["en", "zh-CN"].map((lang) => (
                  <td key={`${view} ${theme} ${lang}`}>
                    <a href={`?state=${name}&view=${view}&theme=${theme}&lang=${lang}`}>
                      {view} {theme} {lang}
                    </a>
                  </td>
                )),
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Parts come when they are first shown. */
const MOST_FRAMES = 1000;

/** Presses one after the other once it is there; each opens what holds the next. */
async function pressAll(element: HTMLElement, selectors: readonly string[]) {
  for (const selector of selectors) {
    let found: HTMLElement | null | undefined;
    for (let frames = 0; found == null; frames++) {
      if (frames === MOST_FRAMES) throw new Error(`nothing to press: ${selector}`);
      await new Promise(requestAnimationFrame);
      found = element.shadowRoot?.querySelector<HTMLElement>(selector);
    }
    found.click();
  }
}
