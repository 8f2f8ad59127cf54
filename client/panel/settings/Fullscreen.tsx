import { useRef, useState } from "react";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { FullscreenIcon } from "../../ui/later-icons.tsx";

/** Shows the panel alone on the whole screen, where the page may. */
export function Fullscreen() {
  const { fullscreen, noFullscreen } = useFullWords();
  const [refused, setRefused] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (!document.fullscreenEnabled) return null;
  const toggle = () => {
    const panel = button.current?.closest(".panel");
    const change =
      document.fullscreenElement === null ? panel?.requestFullscreen() : document.exitFullscreen();
    void change?.then(
      () => setRefused(false),
      () => setRefused(true),
    );
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={refused ? "ico fs full" : "ico fs"}
        aria-label={refused ? noFullscreen : fullscreen}
        title={refused ? noFullscreen : fullscreen}
        onClick={toggle}
      >
        <FullscreenIcon />
      </button>
      <span className="spoken-only" role="status">
        {refused && noFullscreen}
      </span>
    </>
  );
}
