import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import classes from "./Popup.module.css";
import { placePopup, type PopupSide } from "./place-popup";

type Props = {
  /** What the panel is, for a screen reader. */
  name: string;
  side: PopupSide;
  /** The button's name, when its content does not say it. */
  buttonLabel?: string;
  buttonClass?: string | undefined;
  /** Whether the button stands for something that is on. */
  isPressed?: boolean;
  /** A few commands: no wider than they need. */
  isMenu?: boolean;
  /** Lines to choose from: they have space of their own. */
  isList?: boolean;
  button: ReactNode;
  /** Rendered only while the panel is open; `close` shuts it. */
  children: (close: () => void) => ReactNode;
};

/** A button with a panel beside it: the browser's own popover closes on Escape and outside clicks. */
export function Popup({ name, side, buttonLabel, buttonClass, button, children, ...look }: Props) {
  const id = useId();
  const anchor = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    const element = panel.current;
    if (element === null || anchor.current === null || !isOpen) return undefined;
    const place = () => {
      if (anchor.current !== null) placePopup(element, anchor.current, side);
    };
    place();
    focusFirst(element);
    const growing = new ResizeObserver(place);
    growing.observe(element);
    window.addEventListener("resize", place);
    return () => {
      growing.disconnect();
      window.removeEventListener("resize", place);
    };
  }, [isOpen, side]);

  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={buttonClass}
        aria-label={buttonLabel}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        data-on={look.isPressed}
        popoverTarget={id}
      >
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={name}
        className={classes.panel}
        data-menu={look.isMenu}
        data-list={look.isList}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {isOpen ? children(() => panel.current?.hidePopover()) : null}
      </div>
    </>
  );
}

const CONTROLS = "[data-autofocus], input:checked, button, a[href], input, [tabindex='0']";

/** Content that comes after its panel was opened calls this itself. */
export function focusFirst(panel: HTMLElement | null): void {
  panel?.querySelector<HTMLElement>(CONTROLS)?.focus({ preventScroll: true });
}
