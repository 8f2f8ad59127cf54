import { type RefObject, useContext, useEffect, useRef } from "react";
import { THEMES } from "../../../shared/protocol/host-messages.ts";
import { LookContext } from "./look.ts";

/** What each key presses, by the selector of the button; nothing acts at once: `R` opens the question. */
const PRESSES: Readonly<Record<string, string>> = { r: ".rel", f: ".fs", "?": ".settings .ico" };

/** Keys, while the focus is in the panel that `place` stands in, and not where something is typed or chosen. */
export function useKeys(place: RefObject<HTMLElement | null>): void {
  const look = useContext(LookContext);
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    const panel = place.current?.closest<HTMLElement>(".panel");
    if (panel == null) return;
    const press = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      const typing = target instanceof Element && target.closest("input, select, textarea") !== null;
      if (ctrlKey || metaKey || altKey || typing) return;
      if (key === "t") {
        const { theme, setTheme } = latest.current;
        setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto");
      } else if (/^[1-9]$/.test(key)) {
        panel.querySelectorAll<HTMLElement>(".op button")[Number(key) - 1]?.click();
      } else {
        const selector = PRESSES[key];
        if (selector === undefined) return;
        panel.querySelector<HTMLElement>(selector)?.click();
      }
      event.preventDefault();
    };
    panel.addEventListener("keydown", press);
    return () => panel.removeEventListener("keydown", press);
  }, [place]);
}
