import { StrictMode, useEffect } from "react";
import { HISTORY_WINDOW_MS } from "../../shared/history/row.ts";
import { createBrowserParts } from "../embedding/browser-parts.ts";
import { ChosenPanel } from "../embedding/ChosenPanel.tsx";
import { createMemory, type Memory } from "../embedding/remember.ts";
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
  const { lang, theme, profile, setTheme, setLang } = choices;
  const language = resolveLanguage(lang, navigator.languages);

  useEffect(() => {
    const { documentElement: root } = document;
    root.lang = language;
    // The page around the panel, where it is ours, and what the browser draws in it.
    if ("own" in root.dataset) root.style.colorScheme = theme === "auto" ? "" : theme;
  }, [language, theme]);

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
    void import("../embedding/host-frame.ts").then(({ joinHost }) => {
      if (current) stop = joinHost(parts.store, element, setTheme, setLang);
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

start();
