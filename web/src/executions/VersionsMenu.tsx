import { IconHistory } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Execution } from "@/api/types";
import menu from "@/components/Menu.module.css";
import { Popup } from "@/components/Popup";

const VersionList = lazy(() => import("./VersionList").then((module) => ({ default: module.VersionList })));

type Props = { execution: Execution; shownVersion: number | undefined };

/** All versions of the text, newest first, by author and age. */
export function VersionsMenu({ execution, shownVersion }: Props) {
  const { t } = useTranslation();
  const newest = execution.n_versions;
  const shown = shownVersion ?? newest;
  return (
    <Popup
      isList
      name={t("versions.title")}
      side="bottom-end"
      buttonClass={menu.button}
      button={
        <>
          <IconHistory aria-hidden="true" size="1.125rem" stroke={1.5} />
          {t("versions.button", { shown, count: newest })}
        </>
      }
    >
      {(close) => (
        <Suspense fallback={<p role="status">{t("states.loading")}</p>}>
          <VersionList execution={execution} shown={shown} onChoose={close} />
        </Suspense>
      )}
    </Popup>
  );
}
