import { cloneElement, type ReactElement, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import classes from "./Tip.module.css";

type Anchor = ReactElement<{
  onPointerEnter?: (event: { currentTarget: Element; pointerType: string }) => void;
  onPointerLeave?: () => void;
  onPointerDown?: () => void;
  onFocus?: (event: { currentTarget: Element }) => void;
  onBlur?: () => void;
}>;

type Props = {
  label: string;
  side?: "right" | "below";
  isOff?: boolean;
  children: Anchor;
};

const DELAY_MS = 400;

/** The name of an icon button, for the eye. The button itself carries it for the ear. */
export function Tip({ label, side = "below", isOff = false, children }: Props) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (isOff) return children;

  const show = (anchor: Element, delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { left, right, top, bottom } = anchor.getBoundingClientRect();
      setPlace(
        side === "right"
          ? { left: right, top: (top + bottom) / 2 }
          : { left: (left + right) / 2, top: bottom },
      );
    }, delay);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setPlace(null);
  };
  return (
    <>
      {cloneElement(children, {
        onPointerEnter: (event) => {
          if (event.pointerType === "mouse") show(event.currentTarget, DELAY_MS);
        },
        onPointerLeave: hide,
        onPointerDown: hide,
        onFocus: (event) => {
          if (event.currentTarget.matches(":focus-visible")) show(event.currentTarget, 0);
        },
        onBlur: hide,
      })}
      {place === null
        ? null
        : createPortal(
            <span aria-hidden="true" className={classes.tip} data-side={side} style={place}>
              {label}
            </span>,
            document.body,
          )}
    </>
  );
}
