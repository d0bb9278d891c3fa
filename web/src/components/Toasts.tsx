import { CloseButton } from "@mantine/core";
import { type FocusEvent, useEffect, useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "./Announcer";
import {
  getToasts, hideToast, pauseToasts, resumeToasts, subscribeToasts, type Toast,
} from "./toasts";
import classes from "./Toasts.module.css";
import { commandKey, isTyping } from "./typing";

/** The notices, above everything. Whoever is among them has all the time they need. */
export function Toasts() {
  const { t } = useTranslation();
  const toasts = useSyncExternalStore(subscribeToasts, getToasts);
  const cameFrom = useRef<HTMLElement | null>(null);
  useUndoKey();
  usePauseWhileHidden();

  // The line that is used goes; the focus returns to where it was before.
  function onFocus(event: FocusEvent<HTMLElement>): void {
    pauseToasts("focus");
    const { relatedTarget: before, currentTarget: here } = event;
    if (before instanceof HTMLElement && !here.contains(before)) cameFrom.current = before;
  }
  function goBack(): void {
    resumeToasts("focus");
    const before = cameFrom.current;
    if (before?.isConnected === true) before.focus();
    else document.querySelector("main")?.focus();
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only watches its buttons
    <section
      aria-label={t("shell.notices")}
      className={classes.toasts}
      onPointerEnter={() => pauseToasts("pointer")}
      onPointerLeave={() => resumeToasts("pointer")}
      onFocus={onFocus}
      onBlur={() => resumeToasts("focus")}
    >
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} onUsed={goBack} />
      ))}
    </section>
  );
}

function ToastLine({ toast, onUsed }: { toast: Toast; onUsed: () => void }) {
  const { t } = useTranslation();
  const line = useRef<HTMLDivElement>(null);
  const { id, words, tone, action, undo } = toast;
  const hasUndo = undo !== undefined;
  useEffect(() => {
    announce(hasUndo ? `${words} ${t("undo.hint", { key: commandKey(navigator.platform) })}` : words, { isUrgent: tone === "danger" });
  }, [words, tone, hasUndo, t]);
  const use = (run?: () => void) => {
    const hadFocus = line.current?.contains(document.activeElement) === true;
    hideToast(id);
    if (hadFocus) onUsed();
    run?.();
  };
  return (
    <div ref={line} className={classes.toast} data-tone={tone}>
      <p>{words}</p>
      {undo === undefined ? null : (
        <button type="button" className={classes.action} aria-keyshortcuts="Control+Z" onClick={() => use(undo)}>
          {t("actions.undo")}
        </button>
      )}
      {action === undefined ? null : (
        <button type="button" className={classes.action} onClick={() => use(action.run)}>
          {action.label}
        </button>
      )}
      <CloseButton size="sm" aria-label={t("actions.close")} onClick={() => use()} />
    </div>
  );
}

/** Ctrl Z (⌘ Z) takes the newest act back, except where it is the undo of a text. */
function useUndoKey(): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
      if (!isUndo || event.shiftKey || event.altKey || isTyping(event.target)) return;
      const newest = getToasts().findLast((toast) => toast.undo !== undefined);
      if (newest === undefined) return;
      event.preventDefault();
      hideToast(newest.id);
      newest.undo?.();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** What nobody can see does not go. */
function usePauseWhileHidden(): void {
  useEffect(() => {
    const onChange = () => (document.hidden ? pauseToasts("hidden") : resumeToasts("hidden"));
    document.addEventListener("visibilitychange", onChange);
    return () => document.removeEventListener("visibilitychange", onChange);
  }, []);
}
