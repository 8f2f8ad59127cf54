import type { Found } from "../../../shared/release/found.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { selectFound, selectGpus } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { CopyLine } from "../gpus/CopyLine.tsx";
import { useFound } from "./found-control.ts";
import { offersOf, offerText } from "./offers.ts";

/** Makes a Python program one that can be asked to unload. */
const HOOK_LINE = "from gpu_status_panel import unload_hook; unload_hook(free_models)";

/** Backends that were found and not set up, each with the way to have it. */
export function Offers({ words }: { words: ReleaseWords }) {
  const offers = offersOf(usePanel(selectFound));
  return offers.map((offer) => <Offer key={offer.id} offer={offer} words={words} />);
}

function Offer({ offer, words }: { offer: Found; words: ReleaseWords }) {
  const gpus = usePanel(selectGpus);
  const wordsOf = useProblemWords();
  const copy = useLater()?.trouble;
  const { allowed, asking, refusal, ask } = useFound();
  return (
    <div className="parked">
      <span>{offerText(offer, gpus, words)}</span>
      {allowed && offer.adoptable && (
        <button
          type="button"
          className="btn primary"
          disabled={asking}
          onClick={() => void ask("adopt-backend", offer.id)}
        >
          {words.offerTake}
        </button>
      )}
      {allowed && (
        <button
          type="button"
          className="btn"
          disabled={asking}
          onClick={() => void ask("dismiss-backend", offer.id)}
        >
          {words.offerDismiss}
        </button>
      )}
      {!offer.adoptable && (
        <div>
          <p className="muted">{words.offerHook}</p>
          {copy !== undefined && <CopyLine text={HOOK_LINE} words={copy} />}
        </div>
      )}
      {refusal !== null && <span className="refused">{wordsOf(refusal).message}</span>}
    </div>
  );
}

/** The only offer, by one click; `null` where there is more to choose. */
export function TakeOffer({ className, words }: { className: string; words: ReleaseWords }) {
  const [offer] = offersOf(usePanel(selectFound));
  const { asking, ask } = useFound();
  return (
    offer !== undefined && (
      <button
        type="button"
        className={className}
        disabled={asking}
        onClick={() => void ask("adopt-backend", offer.id)}
      >
        {words.offerTake}
      </button>
    )
  );
}
