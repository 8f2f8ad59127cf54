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
  else draw(place, { store: changingStore(first), source: stillSource, address: "http://localhost:7870/" });
}

/** A panel's state that the page changes: `window.showState("full")`. */
function changingStore(begin: PanelState): PanelStore {
  let state = begin;
  const listeners = new Set<() => void>();
  Object.assign(window, {
    showState(name: string) {
      state = STATES[name] ?? state;
      for (const listener of listeners) listener();
    },
  });
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pace() {},
    close() {},
  };
}

/** One state as one panel: `?state=…&view=…&theme=…&lang=…`, with `on=…` on a background as a host's page has it. */
function draw(element: HTMLElement, parts: PanelParts) {
  const { view, theme, lang } = readPanelOptions((name) => query.get(name));
  document.body.style.background = query.get("on") ?? "";
  if (view !== "compact" && view !== "bar") element.style.setProperty("--gpu-panel-min-height", "100vh");
  attach(element).render(
    <OwnPageContext.Provider value>
      <Panel
        parts={parts}
        view={view ?? "full"}
        theme={theme ?? "light"}
        languageChoice={lang ?? "auto"}
        language={resolveLanguage(lang ?? "en", [])}
        gpus={null}
        profile={query.get("model")}
        onTheme={() => {}}
        onLanguage={() => {}}
        onProfile={() => {}}
      />
    </OwnPageContext.Provider>,
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
