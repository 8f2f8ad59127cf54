import type { Tick } from "./assemble-tick.ts";
import { tellsFigures } from "./gpu-row.ts";

/** Sees when a driver that told figures goes on printing rows without any figure. */
export interface FigureWatch {
  /** `unsure`: no figure, but that may be one bad tick. `gone`: none several times in a row; said once for each loop. */
  see(tick: Tick): "figures" | "unsure" | "gone";
  /** Notes that another loop was tried; it holds until there are figures again. */
  retried(): void;
  wasRetried(): boolean;
}

/** So many samples without a figure are no accident. */
const TICKS_UNTIL_GONE = 3;

export function createFigureWatch(): FigureWatch {
  let hadFigures = false;
  let without = 0;
  let tried = false;
  return {
    see(tick) {
      const tells = tick.some(tellsFigures);
      if (tells || !hadFigures) {
        hadFigures ||= tells;
        without = 0;
        tried &&= !tells;
        return "figures";
      }
      without++;
      if (without !== TICKS_UNTIL_GONE) return "unsure";
      // Another loop begins to count anew.
      if (!tried) without = 0;
      return "gone";
    },
    retried() {
      tried = true;
    },
    wasRetried: () => tried,
  };
}
