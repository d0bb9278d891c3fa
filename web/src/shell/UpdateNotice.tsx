import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { hideToast, showToast } from "@/components/toasts";

const ID = "update";

/** Says quietly that a newer version is there; it stays until the person reloads or closes it. */
export function UpdateNotice() {
  const { t } = useTranslation();
  const [reload, setReload] = useState<(() => void) | null>(null);
  useEffect(() => {
    // Nobody waits for it at the first sight of a page; without a network, what is kept is there already.
    import("./updates").then(({ keepApp }) => keepApp((take) => setReload(() => take))).catch(() => undefined);
  }, []);
  useEffect(() => {
    if (reload === null) return undefined;
    showToast({
      id: ID,
      words: t("update.ready"),
      tone: "plain",
      stays: true,
      action: { label: t("update.reload"), run: reload },
    });
    return () => hideToast(ID);
  }, [reload, t]);
  return null;
}
