import { lazy, useRef } from "react";
import { useMessages } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/later.css?inline";
import { SlidersIcon } from "../../ui/later-icons.tsx";
import { PopButton } from "../../ui/PopButton.tsx";
import { useKeys } from "./use-keys.ts";

// Not needed for the first figures. A page that cannot load it still shows everything else.
const SettingsPart = lazy(() => import("./SettingsPart.tsx").catch(() => ({ default: () => null })));

/** All settings in one place. @param withStyles brings what a small view needs after its first figures */
export function Settings({ withStyles = false }: { withStyles?: boolean }) {
  const m = useMessages();
  const place = useRef<HTMLSpanElement>(null);
  useKeys(place);
  return (
    <span ref={place} className="settings">
      {withStyles && <Styles css={css} />}
      <PopButton className="ico" name={m.settings} label={m.settings} shown={<SlidersIcon />}>
        {() => <SettingsPart />}
      </PopButton>
    </span>
  );
}
