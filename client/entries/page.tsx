import { StrictMode, useCallback, useEffect, useState } from "react";
import { HISTORY_WINDOW_MS } from "../../shared/history/row.ts";
import {
  LANGUAGES,
  type LanguageChoice,
  THEMES,
  type ThemeChoice,
} from "../../shared/protocol/host-messages.ts";
import type { HostBridge } from "../connection/host-bridge.ts";
import { createLiveSource } from "../connection/live-source.ts";
import { resolveLanguage } from "../i18n/use-messages.ts";
import { Panel } from "../panel/Panel.tsx";
import { attach } from "../shadow/attach.ts";
import { createPanelStore } from "../store/panel-store.ts";
import type { PanelParts } from "../store/use-panel.ts";
import { readPageOptions, readToken } from "./page-options.ts";
import { createMemory } from "./remember.ts";

/** The standalone page and the page for an iframe: the same panel, the same bundle. */
function start() {
  const element = document.getElementById("panel");
  if (element === null) return;
  const options = readPageOptions(location.search);
  const isEmbed = /\/embed\/?$/.test(location.pathname);
  const view = options.view ?? "full";
  const memory = createMemory(() => localStorage);
  const session = createMemory(() => sessionStorage);

  const token = readToken(location.hash) ?? session.get("token");
  if (location.hash.includes("token=")) {
    if (token !== null) session.set("token", token);
    // Out of the address bar, so that it is not shared with the link.
    history.replaceState(null, "", location.pathname + location.search);
  }

  const source = createLiveSource({
    baseUrl: new URL("./", location.href).href,
    token,
    // Only the full view shows more than the present.
    historyMs: view === "full" ? HISTORY_WINDOW_MS : 0,
  });
  const store = createPanelStore(source);
  const follow = () => source.setVisible(document.visibilityState !== "hidden");
  document.addEventListener("visibilitychange", follow);
  follow();

  const parts: PanelParts = { store, source };
  const place = attach(element);
  const framed = isEmbed && window.parent !== window;
  place.render(
    <StrictMode>
      <Page parts={parts} view={view} options={options} memory={memory} framed={framed} element={element} />
    </StrictMode>,
  );
}

interface PageProps {
  parts: PanelParts;
  view: "full" | "compact" | "bar";
  options: ReturnType<typeof readPageOptions>;
  memory: ReturnType<typeof createMemory>;
  framed: boolean;
  element: HTMLElement;
}

function Page({ parts, view, options, memory, framed, element }: PageProps) {
  const [theme, setTheme] = useState<ThemeChoice>(
    () => options.theme ?? find(THEMES, memory.get("theme")) ?? "auto",
  );
  const [lang, setLang] = useState<LanguageChoice>(
    () => options.lang ?? find(LANGUAGES, memory.get("lang")) ?? "auto",
  );
  const [profile, setProfile] = useState(() => options.model ?? memory.get("profile"));
  const language = resolveLanguage(lang, navigator.languages);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

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
  }, [framed, parts, element]);

  const chooseTheme = useCallback(
    (next: ThemeChoice) => {
      memory.set("theme", next);
      setTheme(next);
    },
    [memory],
  );
  const chooseLanguage = useCallback(
    (next: LanguageChoice) => {
      memory.set("lang", next);
      setLang(next);
    },
    [memory],
  );
  const chooseProfile = useCallback(
    (next: string) => {
      memory.set("profile", next);
      setProfile(next);
    },
    [memory],
  );
  return (
    <Panel
      parts={parts}
      view={view}
      theme={theme}
      language={language}
      gpus={options.gpus}
      profile={profile}
      onTheme={chooseTheme}
      onLanguage={chooseLanguage}
      onProfile={chooseProfile}
    />
  );
}

/** Keeps the framing page informed of height and state. */
function report(bridge: HostBridge, { store }: PanelParts, element: HTMLElement): () => void {
  const observer = new ResizeObserver(() => bridge.resize(Math.ceil(element.getBoundingClientRect().height)));
  observer.observe(element);
  const tell = () => {
    const { connection, known } = store.get();
    const { source, gpus, release } = known ?? { source: null, gpus: [], release: null };
    bridge.state({ connection: connection.status, source, gpus, release });
  };
  tell();
  const unsubscribe = store.subscribe(tell);
  return () => {
    observer.disconnect();
    unsubscribe();
  };
}

function find<T extends string>(values: readonly T[], text: string | null): T | null {
  return values.find((value) => value === text) ?? null;
}

start();
