import { useContext } from "react";
import { figureOf } from "../../../shared/sessions/compare.ts";
import type { Session } from "../../../shared/sessions/session.ts";
import type { SessionsWords } from "../../i18n/sessions/words.ts";
import { LookContext } from "../settings/look.ts";
import { figureText, labelOf } from "./session-text.ts";

interface SessionListProps {
  sessions: readonly Session[];
  words: SessionsWords;
  live: boolean;
  chosen: readonly string[];
  onChoose(id: string): void;
  onStop(id: string): void;
  onRemove(id: string): void;
}

/** Sessions with their main figures, newest first; two can be chosen. */
export function SessionList({ sessions, words, live, chosen, onChoose, onStop, onRemove }: SessionListProps) {
  const { language } = useContext(LookContext);
  return (
    <ul className="session-list">
      {sessions.map((session) => (
        <li key={session.id}>
          <label className="session-choice">
            <input
              type="checkbox"
              checked={chosen.includes(session.id)}
              disabled={chosen.length >= 2 && !chosen.includes(session.id)}
              onChange={() => onChoose(session.id)}
            />
            <span className="session-label">{labelOf(session, language)}</span>
            {session.kind === "job" && <span className="tag">{words.job}</span>}
            {session.endedAt === null && <span className="tag">{words.running}</span>}
          </label>
          <span className="session-figures muted">
            {(["seconds", "utilization", "peak", "highest", "energy"] as const)
              .map((what) => figureText(what, figureOf(session, what)).replaceAll(" ", "\u00a0"))
              .join(" · ")}
          </span>
          <span className="session-actions">
            {session.endedAt === null && session.kind === "hand" && (
              <button type="button" className="btn" disabled={!live} onClick={() => onStop(session.id)}>
                {words.stop}
              </button>
            )}
            {session.endedAt !== null && (
              <button type="button" className="go" disabled={!live} onClick={() => onRemove(session.id)}>
                {words.remove}
              </button>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
