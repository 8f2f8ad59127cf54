import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import type { LanguageChoice, ThemeChoice, View } from "../../shared/protocol/host-messages.ts";
import {
  type Language,
  LaterProvider,
  loadCatalog,
  loadLater,
  MessagesProvider,
} from "../i18n/use-messages.ts";
import type { PanelState } from "../store/panel-state.ts";
import { selectFresh, selectGpus } from "../store/selectors.ts";
import { PanelContext, type PanelParts, usePanel, usePanelParts } from "../store/use-panel.ts";
import { CompactView } from "./CompactView.tsx";
import { ProfileContext, useCapacity } from "./concurrency/use-capacity.ts";
import { LookContext } from "./settings/look.ts";

/** The compact view comes with the panel; the others are loaded where they are shown. */
const FullView = lazy(() => import("./FullView.tsx"));
const BarView = lazy(() => import("./BarView.tsx"));

export interface PanelProps {
  parts: PanelParts;
  view: View;
  theme: ThemeChoice;
  language: Language;
  languageChoice: LanguageChoice;
  /** Indexes of the GPUs to show; `null` for all. */
  gpus: readonly number[] | null;
  /** How many GPUs were shown here last: the place that is kept until they come. 0 for unknown. */
  expected: number;
  onCount(count: number): void;
  /** Job profile to begin with; `null` for the first. */
  profile: string | null;
  onTheme(theme: ThemeChoice): void;
  onLanguage(language: LanguageChoice): void;
  onProfile(profile: string): void;
}

/** The first figures are shown, or it is known that there will be none. */
const selectSettled = ({ connection, known }: PanelState) =>
  (known !== null && known.source.status !== "starting") || connection.status === "refused";

/** The panel, whichever way it is embedded. */
export function Panel({
  parts,
  theme,
  language,
  languageChoice,
  profile,
  onTheme,
  onLanguage,
  onProfile,
  ...shown
}: PanelProps) {
  const dark = useDark(theme);
  const messages = useLoaded(language, loadCatalog);
  const look = useMemo(
    () => ({ theme, language, languageChoice, setTheme: onTheme, setLanguage: onLanguage }),
    [theme, language, languageChoice, onTheme, onLanguage],
  );
  const choice = useMemo(() => ({ chosen: profile, choose: onProfile }), [profile, onProfile]);
  if (messages === null) return null;
  return (
    <PanelContext.Provider value={parts}>
      <MessagesProvider value={messages}>
        <LookContext.Provider value={look}>
          <ProfileContext.Provider value={choice}>
            <Frame dark={dark} language={language} view={shown.view}>
              <Suspense>
                <Content {...shown} />
              </Suspense>
            </Frame>
          </ProfileContext.Provider>
        </LookContext.Provider>
      </MessagesProvider>
    </PanelContext.Provider>
  );
}

function Frame(props: { dark: boolean; language: Language; view: View; children: ReactNode }) {
  const fresh = usePanel(selectFresh);
  const settled = usePanel(selectSettled);
  const later = useLoaded(props.language, loadLater, settled);
  const { source } = usePanelParts();
  useEffect(() => {
    if (settled) source.drawn?.();
  }, [settled, source]);
  return (
    <LaterProvider value={later}>
      <div
        className="panel"
        data-theme={props.dark ? "dark" : "light"}
        data-view={props.view}
        data-fresh={fresh}
        lang={props.language}
      >
        {props.children}
      </div>
    </LaterProvider>
  );
}

function Content(props: Pick<PanelProps, "view" | "gpus" | "expected" | "onCount">) {
  const { view, gpus: wanted, expected, onCount } = props;
  const all = usePanel(selectGpus);
  const gpus = all
    .map((gpu, position) => ({ gpu, position }))
    .filter(({ gpu }) => wanted === null || wanted.includes(gpu.index));
  const capacity = useCapacity(gpus.map(({ gpu }) => gpu));
  const count = gpus.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another count is news, for the next visit
  useEffect(() => {
    if (count > 0) onCount(count);
  }, [count]);
  const shown = { gpus, capacity, expected };
  if (view === "bar") return <BarView {...shown} />;
  return view === "compact" ? <CompactView {...shown} /> : <FullView {...shown} />;
}

/** What `load` brings for the language; the last one until the new one has come, `null` before the first. */
function useLoaded<T>(language: Language, load: (language: Language) => Promise<T>, when = true): T | null {
  const [loaded, setLoaded] = useState<{ value: T } | null>(null);
  useEffect(() => {
    if (!when) return;
    let current = true;
    load(language).then(
      (value) => current && setLoaded({ value }),
      // Offline: what was loaded before stays, and problems keep the sidecar's own words.
      () => {},
    );
    return () => {
      current = false;
    };
  }, [language, load, when]);
  return loaded?.value ?? null;
}

/** Dark or light, following the system while the theme is `auto`. */
function useDark(theme: ThemeChoice): boolean {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [systemDark, setSystemDark] = useState(query.matches);
  useEffect(() => {
    const follow = () => setSystemDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, [query]);
  return theme === "auto" ? systemDark : theme === "dark";
}
