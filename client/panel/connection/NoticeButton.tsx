import type { ReactNode } from "react";
import { PopButton } from "../../ui/PopButton.tsx";
import { useNotice } from "./use-notice.ts";

/** A word that opens the whole sentence, where there is no room for it. */
export function NoticeButton({ label, shown }: { label: string; shown: ReactNode }) {
  const notice = useNotice();
  return (
    <PopButton className="st" label={label} shown={shown}>
      {() => <p>{notice?.text}</p>}
    </PopButton>
  );
}
