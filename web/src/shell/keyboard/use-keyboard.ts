import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { isTyping } from "@/components/typing";
import { useSingleKeys } from "./preference";
import { asksForPalette, KeyReader, type Shortcut } from "./shortcuts";

type Actions = { onPalette: () => void; onHelp: () => void };

/** Hears the keys of the app while the person is inside. */
export function useKeyboard({ onPalette, onHelp }: Actions): void {
  const router = useRouter();
  const [hasSingleKeys] = useSingleKeys();
  const actions = useRef({ onPalette, onHelp });
  useEffect(() => {
    actions.current = { onPalette, onHelp };
  });
  useEffect(() => {
    const reader = new KeyReader();
    function run(shortcut: Shortcut): void {
      if (shortcut === "help") actions.current.onHelp();
      else if (shortcut !== "search") void router.navigate({ to: shortcut });
      else if (!focusSearch()) actions.current.onPalette();
    }
    function onKeyDown(event: KeyboardEvent): void {
      if (asksForPalette(event)) {
        event.preventDefault();
        actions.current.onPalette();
        return;
      }
      if (!hasSingleKeys || isNotForUs(event)) return;
      const shortcut = reader.read(event.key, event.timeStamp);
      if (shortcut === null) return;
      event.preventDefault();
      run(shortcut);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [router, hasSingleKeys]);
}

function isNotForUs(event: KeyboardEvent): boolean {
  return (
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.isComposing ||
    event.key === "Shift" ||
    isTyping(event.target) ||
    document.querySelector("dialog[open], [popover]:popover-open") !== null
  );
}

/** The page's own search, else the place that asks what to get done. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLElement>("main input[type=search], main [data-search]");
  field?.focus();
  return field !== null;
}
