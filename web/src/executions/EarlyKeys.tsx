import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

/** What is typed between asking for the editor and its first moment; it is handed over once. */
export function useEarlyKeys(isEditing: boolean) {
  const words = useRef("");
  const [hasTaken, setTaken] = useState(false);
  if (!isEditing && hasTaken) setTaken(false);
  const keep = useCallback((typed: string) => {
    words.current = typed;
  }, []);
  const take = useCallback(() => {
    const typed = words.current;
    words.current = "";
    setTaken(true);
    return typed;
  }, []);
  return { isOpen: isEditing && !hasTaken, keep, take };
}

type Props = { onType: (words: string) => void; onEscape: () => void };

/** Has the focus until the editor takes it, so that no key is lost while its code comes. */
export function EarlyKeys({ onType, onEscape }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    onType("");
    field.current?.focus({ preventScroll: true });
  }, [onType]);
  return (
    <textarea
      ref={field}
      className="only-read-aloud"
      aria-label={t("editor.opening")}
      onChange={(event) => onType(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") onEscape();
      }}
    />
  );
}
