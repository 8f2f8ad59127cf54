import { totalCanStart } from "../../shared/capacity/total-can-start.ts";
import { fillIn } from "../../shared/problems/fill-in.ts";
import { titleFigures } from "../../shared/protocol/title-figures.ts";
import { type Language, loadCatalog, loadLater } from "../i18n/use-messages.ts";
import type { PanelState } from "../store/panel-state.ts";
import type { PanelStore } from "../store/panel-store.ts";
import { selectFresh } from "../store/selectors.ts";

/** Which GPUs and profile a page shows; `null`: all, or the first. */
export interface Shown {
  gpus: readonly number[] | null;
  profile: string | null;
}

/** Words of the title. */
export interface TitleWords {
  name: string;
  more: string;
  used: string;
}

/** Keeps the page's title at what the panel answers: a tab in the background is looked at for no more. */
export function followTitle({ get, subscribe }: PanelStore, shown: Shown, language: Language): () => void {
  let stop = () => {};
  let current = true;
  Promise.all([loadCatalog(language), loadLater(language)]).then(
    ([{ title: name }, { room }]) => {
      if (!current) return;
      const show = () => {
        const title = titleOf(get(), shown, { name, ...room.pageTitle });
        if (title !== document.title) document.title = title;
      };
      show();
      stop = subscribe(show);
    },
    // Offline: the title stays as it is.
    () => {},
  );
  return () => {
    current = false;
    stop();
  };
}

/** "1 more · 59 % · GPU status"; what is not known, or old, is left out. Pure. */
export function titleOf(state: PanelState, shown: Shown, words: TitleWords): string {
  const [usedPct, canStart] = selectFresh(state) ? figuresOf(state, shown) : [];
  return [
    ...(canStart == null ? [] : [fillIn(words.more, { n: canStart })]),
    ...(usedPct == null ? [] : [fillIn(words.used, { pct: usedPct })]),
    words.name,
  ].join(" · ");
}

function figuresOf({ known }: PanelState, shown: Shown): readonly (number | null | undefined)[] {
  if (known === null) return [];
  const { profiles, promises, fits, gpus, title } = known;
  const position = Math.max(
    0,
    profiles.findIndex(({ id }) => id === shown.profile),
  );
  // A hidden page is told of all GPUs together.
  if (title !== null) return shown.gpus === null ? [title[0], title[1 + position]] : [];
  const places = gpus.map((_, i) => i).filter((i) => shown.gpus?.includes(gpus[i]?.index ?? -1) ?? true);
  const pick = <T>(list: readonly T[]) => places.flatMap((i) => list[i] ?? []);
  const profile = profiles[position];
  const fit = profile === undefined ? undefined : fits[profile.id];
  const rows = places.map((i) => ({ canStart: fit?.gpus[i]?.[0] ?? null }));
  const canStart = shown.gpus === null ? fit?.canStart : totalCanStart(rows, profile?.gpus);
  return [titleFigures(pick(gpus), pick(promises), {}, [])[0], canStart];
}
