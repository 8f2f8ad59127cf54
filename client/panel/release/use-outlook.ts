import { useEffect, useState } from "react";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectBackends, selectFound, selectGpus } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import type { Capacity } from "../concurrency/use-capacity.ts";
import type { Outlook, OutlookInput } from "./outlook.ts";
import { type ReleaseControl, useRelease } from "./use-release.ts";

const selectKnown = ({ known }: PanelState) => known !== null;

const NOTHING: Outlook = {
  ...{ button: null, say: null, result: null, hasDetails: false },
  ...{ verdict: null, why: null, dot: null, estimate: null, after: null, tone: undefined, offers: false },
};

type Look = (input: OutlookInput) => Outlook;
let loaded: Look | null = null;

/**
 * The release and what there is to say of it: what it would bring, what is going on, what came of it.
 * @param atHand where it came with the view
 */
export function useOutlook(
  capacity: Capacity | null,
  atHand: Look | null = loaded,
): { control: ReleaseControl; outlook: Outlook } {
  const control = useRelease();
  const backends = usePanel(selectBackends);
  const found = usePanel(selectFound);
  const gpus = usePanel(selectGpus);
  const later = useLater();
  const wordsOf = useProblemWords();
  const [look, setLook] = useState<{ of: Look } | null>(atHand === null ? null : { of: atHand });
  const wanted = usePanel(selectKnown);
  useEffect(() => {
    if (!wanted || look !== null) return;
    // After the first figures. A page that cannot load it still shows the button.
    import("../later-parts.ts").then(
      ({ outlookOf }) => {
        loaded = outlookOf;
        setLook({ of: outlookOf });
      },
      () => {},
    );
  }, [wanted, look]);
  const outlook =
    look?.of({
      ...{ control, wordsOf, backends, found, gpus, capacity },
      ...{ words: later?.release ?? null, room: later?.room ?? null },
    }) ?? NOTHING;
  return { control, outlook };
}
