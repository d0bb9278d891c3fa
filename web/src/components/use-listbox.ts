import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

type Props<T> = {
  /** What can be chosen, in the order of the page. */
  options: readonly T[];
  keyOf: (option: T) => string;
  onChoose: (option: T) => void;
  /** Which option is marked when nobody chose one; -1 for none. */
  initial?: number;
  isOpen?: boolean;
};

const PAGE = 8;

function destination(key: string, here: number, count: number): number | null {
  const last = count - 1;
  switch (key) {
    case "ArrowDown":
      return here >= last ? 0 : here + 1;
    case "ArrowUp":
      return here <= 0 ? last : here - 1;
    case "PageDown":
      return Math.min(last, here + PAGE);
    case "PageUp":
      return Math.max(0, here - PAGE);
    default:
      return null;
  }
}

/**
 * A field whose suggestions are a list below it (WAI-ARIA's combobox): the focus stays in the
 * field, the arrows mark an option, Enter takes it.
 */
export function useListbox<T>({ options, keyOf, onChoose, initial = 0, isOpen = true }: Props<T>) {
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const [markedKey, setMarkedKey] = useState<string | null>(null);
  const found = options.findIndex((option) => keyOf(option) === markedKey);
  const marked = found >= 0 ? found : Math.min(initial, options.length - 1);
  const hasList = isOpen && options.length > 0;
  const optionId = (index: number) => `${listId}-${index}`;

  useEffect(() => {
    if (markedKey === null) return;
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [markedKey]);

  function mark(index: number): void {
    const option = options[index];
    if (option !== undefined) setMarkedKey(keyOf(option));
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing || event.altKey || !hasList) return;
    const next = destination(event.key, marked, options.length);
    const option = options[marked];
    if (next !== null) {
      event.preventDefault();
      mark(next);
    } else if (event.key === "Enter" && !event.shiftKey && option !== undefined) {
      event.preventDefault();
      onChoose(option);
    }
  }

  return {
    marked,
    list,
    /** Back to the first suggestion, as after typing. */
    unmark: () => setMarkedKey(null),
    onKeyDown,
    field: {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": hasList,
      "aria-controls": hasList ? listId : undefined,
      "aria-activedescendant": hasList && marked >= 0 ? optionId(marked) : undefined,
    } as const,
    listProps: { id: listId, role: "listbox", ref: list } as const,
    optionProps: (index: number) =>
      ({
        id: optionId(index),
        role: "option",
        tabIndex: -1,
        "aria-selected": index === marked,
        onPointerMove: () => mark(index),
        // The focus stays in the field.
        onPointerDown: (event: { preventDefault: () => void }) => event.preventDefault(),
        onClick: () => {
          const option = options[index];
          if (option !== undefined) onChoose(option);
        },
      }) as const,
  };
}
