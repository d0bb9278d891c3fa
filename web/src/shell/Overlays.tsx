import { lazy, Suspense } from "react";
import { withTexts } from "@/i18n";
import { closeOverlay, openHelp, openPalette, useOverlay } from "./overlays";
import { useKeyboard } from "./keyboard/use-keyboard";

const Palette = lazy(() =>
  withTexts("palette", import("./palette/Palette")).then((module) => ({ default: module.Palette })),
);
const KeyboardHelp = lazy(() =>
  withTexts("palette", import("./keyboard/KeyboardHelp")).then((module) => ({ default: module.KeyboardHelp })),
);

/** What opens over any page by a key. Its code comes when it is first asked for. */
export function Overlays() {
  const overlay = useOverlay();
  useKeyboard({ onPalette: openPalette, onHelp: openHelp });
  return (
    <Suspense>
      {overlay === "palette" ? <Palette onClose={closeOverlay} /> : null}
      {overlay === "help" ? <KeyboardHelp onClose={closeOverlay} /> : null}
    </Suspense>
  );
}
