import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import classes from "./ExecutionList.module.css";
import { RowSkeletons } from "./ExecutionList";

const N_SKELETONS = 3;

type Props = { onMore: () => void; isLoading: boolean; hasFailed: boolean };

/** The next page comes when its place is reached; after a failure, or by keyboard, by the button. */
export function MoreRows({ onMore, isLoading, hasFailed }: Props) {
  const { t } = useTranslation();
  const { ref, entry } = useIntersection({ rootMargin: "300px" });
  const isReached = entry?.isIntersecting === true;
  useEffect(() => {
    if (isReached && !isLoading && !hasFailed) onMore();
  }, [isReached, isLoading, hasFailed, onMore]);
  return (
    <div ref={ref}>
      {isLoading ? (
        <div role="status" aria-label={t("states.loading")}><RowSkeletons count={N_SKELETONS} /></div>
      ) : (
        <div className={classes.more}>
          <Button variant="default" onClick={onMore}>{t(hasFailed ? "actions.retry" : "actions.more")}</Button>
        </div>
      )}
    </div>
  );
}
