import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./ExecutionPage.module.css";

export function ExecutionSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={classes.zones} data-zones role="status" aria-label={t("states.loading")}>
      <h1 className="only-read-aloud">{t("states.loading")}</h1>
      <div className={classes.middle}>
        <div className={classes.head}>
          <Skeleton height="1.25rem" width="12rem" />
        </div>
        <div className={classes.scroller}>
          <div className={classes.page}>
            <Skeleton height="2rem" width="60%" mb="xl" />
            <TextSkeleton />
          </div>
        </div>
      </div>
    </div>
  );
}

/** Lines where the text will come. */
export function TextSkeleton() {
  return (
    <>
      {["92%", "100%", "86%", "95%", "40%"].map((width) => (
        <Skeleton key={width} height="0.875rem" width={width} mb="sm" />
      ))}
    </>
  );
}
