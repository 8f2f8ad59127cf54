import { useLater } from "../../i18n/use-messages.ts";

/** History is on its way. */
export function PastLoading() {
  const words = useLater()?.timeline;
  return (
    <div className="past-loading">
      <div className="past-progress" role="progressbar" aria-label={words?.loadingPast} />
      <p className="muted">{words?.loadingPast}</p>
    </div>
  );
}
