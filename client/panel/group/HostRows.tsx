import { useRef, useState } from "react";
import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import type { GroupWords } from "../../i18n/group/words.ts";
import { rowsHead } from "../../ui/table-roles.ts";
import { HostLine } from "./HostLine.tsx";
import { rowAt } from "./row-at.ts";
import { useOnScreen } from "./use-on-screen.ts";

const COLUMNS = 8;
/** As the style sheet has it. */
const ROW_PX = 28;
const AT_ONCE = 16;
/** Drawn before it is in sight. */
const NEAR_PX = 200;
/** Taken for seen until it is known. */
const FIRST_BLOCKS = 3;

/** A line of the table: a host, or what the hosts after it have in common. */
export type Line = HostRow | { heading: string };

/** The lines, sixteen in a block: of a block that is not on screen only its height is there, whatever scrolls. */
export function HostRows({ lines, words }: { lines: readonly Line[]; words: GroupWords }) {
  const blocks = Array.from({ length: Math.ceil(lines.length / AT_ONCE) }, (_, block) => block * AT_ONCE);
  return blocks.map((first, block) => (
    <Block
      key={first}
      {...{ first, words }}
      lines={lines.slice(first, first + AT_ONCE)}
      at={block < FIRST_BLOCKS}
    />
  ));
}

interface BlockProps {
  lines: readonly Line[];
  words: GroupWords;
  /** Place of its first line among all. */
  first: number;
  at: boolean;
}

function Block({ lines, words, first, at }: BlockProps) {
  const place = useRef<HTMLDivElement>(null);
  const near = useOnScreen(place, at, NEAR_PX);
  // What has the focus stays, wherever the page is scrolled.
  const [held, setHeld] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to what its lines do
    <div
      ref={place}
      role="presentation"
      style={{ height: lines.length * ROW_PX }}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {(near || held) &&
        lines.map((line, i) => {
          const index = first + i + 2;
          if (!("heading" in line)) return <HostLine key={line.id} {...{ words, index }} host={line} />;
          const { heading } = line;
          return (
            <div key={`heading ${heading}`} className="hr gh" {...rowAt(index)}>
              <span className="cut" {...rowsHead(COLUMNS)}>
                {heading}
              </span>
            </div>
          );
        })}
    </div>
  );
}
