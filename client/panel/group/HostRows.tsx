import { useRef, useState } from "react";
import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import type { GroupWords } from "../../i18n/group/words.ts";
import { HostLine } from "./HostLine.tsx";
import { useOnScreen } from "./use-on-screen.ts";

/** As the style sheet has it. */
const ROW_PX = 28;
const AT_ONCE = 16;
/** Drawn before it is in sight. */
const NEAR_PX = 200;
/** Taken for seen until it is known. */
const FIRST_BLOCKS = 3;

/** The hosts' lines, sixteen in a block: of a block that is not on screen only its height is there, whatever scrolls. */
export function HostRows({ hosts, words }: { hosts: readonly HostRow[]; words: GroupWords }) {
  const blocks = Array.from({ length: Math.ceil(hosts.length / AT_ONCE) }, (_, block) => block * AT_ONCE);
  return blocks.map((first, block) => (
    <Block
      key={first}
      {...{ first, words }}
      hosts={hosts.slice(first, first + AT_ONCE)}
      at={block < FIRST_BLOCKS}
    />
  ));
}

interface BlockProps {
  hosts: readonly HostRow[];
  words: GroupWords;
  /** Place of its first line among all. */
  first: number;
  at: boolean;
}

function Block({ hosts, words, first, at }: BlockProps) {
  const place = useRef<HTMLDivElement>(null);
  const near = useOnScreen(place, at, NEAR_PX);
  // What has the focus stays, wherever the page is scrolled.
  const [held, setHeld] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to what its lines do
    <div
      ref={place}
      role="presentation"
      style={{ height: hosts.length * ROW_PX }}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {(near || held) &&
        hosts.map((host, i) => <HostLine key={host.id} {...{ host, words }} index={first + i + 2} />)}
    </div>
  );
}
