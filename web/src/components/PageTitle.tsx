import { useEffect, useRef } from "react";

let isFirstPage = true;

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Mojodex" : `${title} · Mojodex`;
  }, [title]);
}

type Props = { children: string; documentTitle?: string; className?: string | undefined };

/**
 * The page's first heading. It names the tab, and takes the focus when one comes from another
 * page, so that a keyboard or a screen reader goes on from here.
 */
export function PageTitle({ children, documentTitle, className }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  usePageTitle(documentTitle ?? children);
  useEffect(() => {
    if (!isFirstPage && !hasField(document.activeElement)) {
      heading.current?.focus({ preventScroll: true });
    }
    isFirstPage = false;
  }, []);
  return <h1 ref={heading} tabIndex={-1} className={className}>{children}</h1>;
}

/** Whoever is typing keeps the focus. */
function hasField(element: Element | null): boolean {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}
