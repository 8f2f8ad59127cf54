import { useState } from "react";
import type { HealthWords } from "../../i18n/health/words.ts";
import { mayNotify, notices } from "./use-browser-notices.ts";

/** Turns browser notifications on and off. The browser is asked for leave by a click and not before. */
export function BrowserNotices({ words }: { words: HealthWords }) {
  const [on, setOn] = useState(notices.wanted() && mayNotify() === "granted");
  const [leave, setLeave] = useState(mayNotify());
  async function turnOn() {
    const answer = leave === "default" ? await Notification.requestPermission() : leave;
    setLeave(answer);
    if (answer === "granted") choose(true);
  }
  function choose(next: boolean) {
    notices.want(next);
    setOn(next);
  }
  if (leave === "denied") return <p className="muted">{words.notifyBlocked}</p>;
  return on ? (
    <p className="browser-notices">
      {words.notifyOn}{" "}
      <button type="button" className="btn" onClick={() => choose(false)}>
        {words.notifyOff}
      </button>
    </p>
  ) : (
    <p className="browser-notices">
      <button type="button" className="btn" onClick={() => void turnOn()}>
        {words.notify}
      </button>
    </p>
  );
}
