import { lazy, memo, type ReactNode, Suspense, useState } from "react";
import { fillIn } from "../../shared/problems/fill-in.ts";
import { useFullWords } from "../i18n/full/use-full-words.ts";
import { useLater } from "../i18n/use-messages.ts";
import type { PanelState } from "../store/panel-state.ts";
import { selectSource } from "../store/selectors.ts";
import { usePanel } from "../store/use-panel.ts";

const SessionsPart = lazy(() => import("./sessions/SessionsPart.tsx"));
const PastAlerts = lazy(() => import("./health/PastAlerts.tsx"));
const PastReleases = lazy(() => import("./release/PastReleases.tsx"));

const selectVersion = ({ known }: PanelState) => known?.version ?? null;

/** What is wanted seldom, one of it at a time, at the very end: it pushes nothing. */
export const Foot = memo(function Foot({ withSessions }: { withSessions: boolean }) {
  const { host } = useFullWords();
  const later = useLater();
  const version = usePanel(selectVersion);
  const source = usePanel(selectSource);
  const [open, setOpen] = useState<string | null>(null);
  if (later === null) return null;
  const parts: [key: string, text: string, part: ReactNode][] = [
    ...(withSessions
      ? [["sessions", later.sessions.title, <SessionsPart key="s" />] as [string, string, ReactNode]]
      : []),
    ["alerts", later.health.past, <PastAlerts key="a" />],
    ["releases", later.release.past, <PastReleases key="r" />],
  ];
  const shown = parts.find(([key]) => key === open);
  return (
    <>
      <footer className="foot">
        {parts.map(([key, text]) => (
          <button
            key={key}
            type="button"
            className="go"
            aria-expanded={key === open}
            onClick={() => setOpen(key === open ? null : key)}
          >
            {text}
          </button>
        ))}
        <span className="push" />
        {source?.driverVersion != null && source.kind !== "demo" && (
          <span>{fillIn(host.driver, { version: source.driverVersion })}</span>
        )}
        {version !== null && <span>{version}</span>}
      </footer>
      {shown !== undefined && (
        <section className="fold" aria-label={shown[1]}>
          <Suspense>{shown[2]}</Suspense>
        </section>
      )}
    </>
  );
});
