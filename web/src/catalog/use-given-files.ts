import { useEffect, useRef, useState } from "react";

type Taker = (files: File[], aimedAt: string | null) => void;

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

/** The field of files under the mouse or the cursor, if any. */
function fieldOf(target: EventTarget | null): string | null {
  const field = target instanceof Element ? target.closest<HTMLElement>("[data-file-field]") : null;
  return field?.dataset.fileField ?? null;
}

/** Text fields keep their own paste, unless the clipboard holds nothing but files. */
function pastedFiles(event: ClipboardEvent): File[] {
  const data = event.clipboardData;
  if (data === null || data.files.length === 0) return [];
  const isTyping = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
  return isTyping && data.types.includes("text/plain") ? [] : [...data.files];
}

/** Files dropped or pasted anywhere while the form is open. Answers whether some hover over the page. */
export function useGivenFiles(isOn: boolean, take: Taker): boolean {
  const [isOver, setOver] = useState(false);
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    if (!isOn) return undefined;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event)) return;
      // Else the browser would leave the page and show the file.
      event.preventDefault();
      taker.current([...(event.dataTransfer?.files ?? [])], fieldOf(event.target));
    };
    const paste = (event: ClipboardEvent) => {
      const files = pastedFiles(event);
      if (files.length === 0) return;
      event.preventDefault();
      taker.current(files, fieldOf(event.target));
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, [isOn]);
  return isOn && isOver;
}
