import { type ReactNode, type RefObject, useContext, useLayoutEffect, useRef } from "react";
import { Styles } from "../shadow/Styles.tsx";
import css from "../styles/pop.css?inline";
import { OwnPageContext } from "./View.tsx";

const GAP_PX = 8;

interface PopProps {
  /** What it belongs to, and lies below, or above where there is more room. */
  anchor: RefObject<HTMLElement | null>;
  label: string;
  wide?: boolean;
  onClose(): void;
  children: ReactNode;
}

/** Something that lies over the page, above everything, and moves nothing in it. Escape and a press beside it close it. */
export default function Pop({ anchor, label, wide = false, onClose, children }: PopProps) {
  const place = useRef<HTMLDivElement>(null);
  const ownPage = useContext(OwnPageContext);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const pop = place.current;
    const at = anchor.current;
    const panel = pop?.closest<HTMLElement>(".panel");
    if (pop === null || at === null || panel == null) return;
    const put = () => {
      // Also when the page has moved the panel elsewhere, which takes down what lies on top. Where the browser has no
      // popovers it is fixed all the same.
      if ("showPopover" in pop && pop.isConnected && !pop.matches(":popover-open")) pop.showPopover();
      const { left, right, top, bottom } = at.getBoundingClientRect();
      const around = panel.getBoundingClientRect();
      pop.style.width = around.width < 560 ? `${Math.max(180, around.width - 2 * GAP_PX)}px` : "";
      const { offsetWidth: width, offsetHeight: height } = pop;
      // A frame is as high as its panel says: it grows for what lies over it.
      if (ownPage && window.parent !== window) {
        panel.style.minHeight = `${bottom - around.top + pop.scrollHeight + 2 * GAP_PX}px`;
      }
      const fitsBelow = bottom + GAP_PX + height <= innerHeight;
      const y = fitsBelow || top < height + 2 * GAP_PX ? bottom + GAP_PX : top - GAP_PX - height;
      const slot = (at.parentElement ?? at).getBoundingClientRect();
      const toTheRight = slot.right - right > left - slot.left;
      const x = toTheRight && left + width <= Math.min(innerWidth, around.right) ? left : right - width;
      const within = (value: number, size: number, most: number) =>
        Math.max(GAP_PX, Math.min(value, most - size - GAP_PX));
      pop.style.top = `${within(y, height, innerHeight)}px`;
      pop.style.left = `${within(x, width, innerWidth)}px`;
    };
    put();
    // What it holds may come later, and grow.
    const grows = new ResizeObserver(put);
    grows.observe(pop);
    const press = (event: Event) => {
      const path = event.composedPath();
      if (!path.includes(pop) && !path.includes(at)) close.current();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close.current();
      at.focus();
    };
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener("pointerdown", press, { signal, capture: true });
    document.addEventListener("keydown", key, { signal });
    window.addEventListener("resize", put, { signal });
    document.addEventListener("scroll", put, { signal, capture: true, passive: true });
    return () => {
      stop.abort();
      grows.disconnect();
      panel.style.minHeight = "";
    };
  }, [anchor, ownPage]);
  return (
    <div ref={place} className="pop" popover="manual" data-wide={wide} role="dialog" aria-label={label}>
      <Styles css={css} />
      {children}
    </div>
  );
}
