import { useRef } from "react";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { FullscreenIcon } from "../../ui/later-icons.tsx";

/** Shows the panel alone on the whole screen, where the page may. */
export function Fullscreen() {
  const { fullscreen } = useFullWords();
  const button = useRef<HTMLButtonElement>(null);
  if (!document.fullscreenEnabled) return null;
  const toggle = () => {
    const panel = button.current?.closest(".panel");
    if (document.fullscreenElement === null) void panel?.requestFullscreen().catch(() => {});
    else void document.exitFullscreen().catch(() => {});
  };
  return (
    <button
      ref={button}
      type="button"
      className="ico fs"
      aria-label={fullscreen}
      title={fullscreen}
      onClick={toggle}
    >
      <FullscreenIcon />
    </button>
  );
}
