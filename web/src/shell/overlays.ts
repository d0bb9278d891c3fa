/** Which overlay of the shell is open: the palette, the keyboard map, or none. One at a time. */
import { useSyncExternalStore } from "react";

type Overlay = "palette" | "help" | null;

let open: Overlay = null;
const listeners = new Set<() => void>();

function change(next: Overlay): void {
  open = next;
  for (const listener of listeners) listener();
}

export const openPalette = () => change("palette");
export const openHelp = () => change("help");
export const closeOverlay = () => change(null);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useOverlay = () => useSyncExternalStore(subscribe, () => open);
