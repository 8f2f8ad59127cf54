import { StrictMode, useEffect } from "react";
import { HISTORY_WINDOW_MS } from "../../shared/history/row.ts";
import type { HostBridge } from "../connection/host-bridge.ts";
import { createBrowserParts } from "../embedding/browser-parts.ts";
import { ChosenPanel } from "../embedding/ChosenPanel.tsx";
import { createMemory, type Memory } from "../embedding/remember.ts";
import { snapshotOf } from "../embedding/snapshot.ts";
import { useChoices } from "../embedding/use-choices.ts";
import { resolveLanguage } from "../i18n/use-messages.ts";
import { attach } from "../shadow/attach.ts";
import type { PanelParts } from "../store/use-panel.ts";
import { OwnPageContext } from "../ui/View.tsx";
import { readPageOptions, readToken } from "./page-options.ts";

/** The standalone page and the page for an iframe: the same panel, the same bundle. */
function start() {
  const element = document.getElementById("panel");
  if (element === null) return;
  const options = readPageOptions(location.search);
  const isEmbed = /\/embed\/?$/.test(location.pathname);
  const memory = createMemory(() => localStorage);
  const session = createMemory(() => sessionStorage);

  const token = readToken(location.hash) ?? session.get("token");
  if (location.hash.includes("token=")) {
    if (token !== null) session.set("token", token);
    // Out of the address bar, so that it is not shared with the link.
    history.replaceState(null, "", location.pathname + location.search);
  }

  const { parts } = createBrowserParts().lease({
    baseUrl: new URL("./", location.href).href,
    token,
    // Only the full view shows more than the present.
    historyMs: (options.view ?? "full") === "full" ? HISTORY_WINDOW_MS : 0,
  });
  const place = attach(element);
  // A frame is as high as the panel; a page of its own is filled.
  if (!isEmbed) element.style.setProperty("--gpu-panel-min-height", "100vh");
  place.render(
    <StrictMode>
      <Page
        parts={parts}
        options={options}
        memory={memory}
        framed={isEmbed && window.parent !== window}
        element={element}
      />
    </StrictMode>,
  );
}

interface PageProps {
  parts: PanelParts;
  options: ReturnType<typeof readPageOptions>;
  memory: Memory;
  framed: boolean;
  element: HTMLElement;
}

function Page({ parts, options, memory, framed, element }: PageProps) {
  const choices = useChoices(options, memory);
  const { lang, profile, setTheme, setLang } = choices;
  const language = resolveLanguage(lang, navigator.languages);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  useEffect(() => {
    if (framed) return;
    let stop = () => {};
    let current = true;
    // Not needed for the first figures.
    void import("../embedding/page-title.ts").then(({ followTitle }) => {
      if (current) stop = followTitle(parts.store, { gpus: options.gpus, profile }, language);
    });
    return () => {
      current = false;
      stop();
    };
  }, [framed, parts, options, profile, language]);

  useEffect(() => {
    if (!framed) return;
    let stop = () => {};
    let current = true;
    // Not needed for the first figures.
    void import("../connection/host-bridge.ts").then(({ createHostBridge, findParentOrigin }) => {
      if (!current) return;
      const allowed =
        document.querySelector('meta[name="gpu-panel-allow-origin"]')?.getAttribute("content") ?? "";
      const bridge = createHostBridge(
        findParentOrigin(),
        allowed.split(" ").filter(Boolean),
        setTheme,
        setLang,
      );
      const stopReports = report(bridge, parts, element);
      stop = () => {
        stopReports();
        bridge.close();
      };
    });
    return () => {
      current = false;
      stop();
    };
  }, [framed, parts, element, setTheme, setLang]);

  return (
    <OwnPageContext.Provider value>
      <ChosenPanel parts={parts} options={options} choices={choices} />
    </OwnPageContext.Provider>
  );
}

/** Keeps the framing page informed of height and state. */
function report(bridge: HostBridge, { store }: PanelParts, element: HTMLElement): () => void {
  const observer = new ResizeObserver(() => bridge.resize(Math.ceil(element.getBoundingClientRect().height)));
  observer.observe(element);
  const publish = () => bridge.state(snapshotOf(store.get()));
  publish();
  const unsubscribe = store.subscribe(publish);
  return () => {
    observer.disconnect();
    unsubscribe();
  };
}

start();
