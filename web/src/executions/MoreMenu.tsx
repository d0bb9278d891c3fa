import { IconDots } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Execution } from "@/api/types";
import menu from "@/components/Menu.module.css";
import { Popup } from "@/components/Popup";

const MoreItems = lazy(() => import("./MoreItems").then((module) => ({ default: module.MoreItems })));

type Props = { execution: Execution; title: string; onRename: (() => void) | null };

/** What is done with a work less often. */
export function MoreMenu({ execution, title, onRename }: Props) {
  const { t } = useTranslation();
  return (
    <Popup
      isMenu
      name={t("more.title")}
      side="bottom-end"
      buttonLabel={t("more.title")}
      buttonClass={menu.iconButton}
      button={<IconDots aria-hidden="true" size="1.25rem" stroke={1.5} />}
    >
      {(close) => (
        <Suspense fallback={<p role="status">{t("states.loading")}</p>}>
          <MoreItems execution={execution} title={title} onRename={onRename} onDone={close} />
        </Suspense>
      )}
    </Popup>
  );
}
