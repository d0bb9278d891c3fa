export type PopupSide = "right-end" | "top-end" | "bottom-end" | "bottom-start";

/** Between the button and its panel, and between the panel and the edge of the window, in px. */
const GAP = 8;

type Box = { left: number; top: number; right: number; bottom: number };
type Size = { width: number; height: number };

/** Where a panel stands beside its button, moved as little as needed to stay in the window. */
export function popupPlace(anchor: Box, panel: Size, side: PopupSide, view: Size): { left: number; top: number } {
  const left = {
    "right-end": anchor.right + GAP,
    "top-end": anchor.right - panel.width,
    "bottom-end": anchor.right - panel.width,
    "bottom-start": anchor.left,
  }[side];
  const top = {
    "right-end": anchor.bottom - panel.height,
    "top-end": anchor.top - panel.height - GAP,
    "bottom-end": anchor.bottom + GAP,
    "bottom-start": anchor.bottom + GAP,
  }[side];
  return {
    left: Math.max(GAP, Math.min(left, view.width - panel.width - GAP)),
    top: Math.max(GAP, Math.min(top, view.height - panel.height - GAP)),
  };
}

export function placePopup(panel: HTMLElement, anchor: HTMLElement, side: PopupSide): void {
  const { left, top } = popupPlace(
    anchor.getBoundingClientRect(),
    { width: panel.offsetWidth, height: panel.offsetHeight },
    side,
    { width: window.innerWidth, height: window.innerHeight },
  );
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
}
