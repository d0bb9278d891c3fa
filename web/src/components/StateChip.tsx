import { IconAlertTriangle, IconCircleCheck, IconClock, IconHelpCircle, IconPencil, IconPlayerStop } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ExecutionState } from "@/api/types";
import classes from "./StateChip.module.css";

const LOOKS = {
  created: { tone: "quiet", Icon: IconPencil },
  writing: { tone: "info", Icon: IconPencil },
  waiting: { tone: "quiet", Icon: IconClock },
  asking: { tone: "warning", Icon: IconHelpCircle },
  done: { tone: "success", Icon: IconCircleCheck },
  stopped: { tone: "quiet", Icon: IconPlayerStop },
  failed: { tone: "danger", Icon: IconAlertTriangle },
} as const;

/** Where a piece of work stands, in one word. */
export function StateChip({ state }: { state: ExecutionState | "waiting" }) {
  const { t } = useTranslation();
  const { tone, Icon } = LOOKS[state];
  return (
    <span className={classes.chip} data-tone={tone} data-live={state === "writing"}>
      <Icon aria-hidden="true" size="0.875rem" stroke={1.5} />
      {t(`stateWords.${state}`)}
    </span>
  );
}
