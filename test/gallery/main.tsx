import { createRoot } from "react-dom/client";
import { readPanelOptions } from "../../client/embedding/panel-options.ts";
import { resolveLanguage } from "../../client/i18n/use-messages.ts";
import { Panel } from "../../client/panel/Panel.tsx";
import { attach } from "../../client/shadow/attach.ts";
import type { PanelState } from "../../client/store/panel-state.ts";
import type { PanelStore } from "../../client/store/panel-store.ts";
import type { PanelParts } from "../../client/store/use-panel.ts";
import { OwnPageContext } from "../../client/ui/View.tsx";
import { STATES } from "./states.ts";
import { stillSource } from "./still-source.ts";

const place = document.getElementById("gallery");
const query = new URLSearchParams(location.search);
const first = STATES[query.get("state") ?? ""];
if (place !== null) {
  if (first === undefined) createRoot(place).render(<Index />);
  else draw(place, first);
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
 * `window.showState("full")` has the same panel show another, `showState("full", true)` a new panel in its place.
 * `picture` is for photographs: pinned fonts, and no higher than what is in it.
 */
function draw(element: HTMLElement, first: PanelState) {
  const { view } = readPanelOptions((name) => query.get(name));
  const picture = query.has("picture");
  document.body.style.background = query.get("on") ?? "";
  if (view !== "compact" && view !== "bar" && !picture)
    element.style.setProperty("--gpu-panel-min-height", "100vh");
  const place = attach(element);
  if (picture) void import("./pinned-fonts.ts").then(({ pinFonts }) => pinFonts(element));
  let shown = changingStore(first);
  let count = 0;
  const render = () => {
    const parts = { store: shown.store, source: stillSource, address: "http://localhost:7870/" };
    place.render(<Drawn key={count++} parts={parts} />);
  };
  render();
  Object.assign(window, {
    showState(name: string, anew = false) {
      const state = STATES[name];
      if (state === undefined) throw new Error(`no state ${name}`);
      if (!anew) return shown.show(state);
      shown = changingStore(state);
      render();
    },
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
