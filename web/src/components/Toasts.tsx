import { CloseButton } from "@mantine/core";
import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "./Announcer";
import { getToasts, hideToast, subscribeToasts, type Toast } from "./toasts";
import classes from "./Toasts.module.css";

export function Toasts() {
  const { t } = useTranslation();
  const toasts = useSyncExternalStore(subscribeToasts, getToasts);
  return (
    <section aria-label={t("shell.notices")} className={classes.toasts}>
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function ToastLine({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  const { id, words, tone, action } = toast;
  useEffect(() => announce(words, { isUrgent: tone === "danger" }), [words, tone]);
  const run = () => {
    hideToast(id);
    action?.run();
  };
  return (
    <div className={classes.toast} data-tone={tone}>
      <p>{words}</p>
      {action === undefined ? null : (
        <button type="button" className={classes.action} onClick={run}>{action.label}</button>
      )}
      <CloseButton size="sm" aria-label={t("actions.close")} onClick={() => hideToast(id)} />
    </div>
  );
}
