import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/StatePanel";
import { aboutQuery } from "@/identity/queries";
import { DemoNotice } from "@/shell/DemoNotice";
import { Section } from "./Section";
import classes from "./Settings.module.css";

/** Which Mojodex this is, and which model writes. */
export function AboutSection() {
  const { t } = useTranslation();
  const { data: about, error, refetch } = useQuery(aboutQuery);
  return (
    <Section title={t("settings.about")}>
      {about === undefined && error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : null}
      {about === undefined && error === null ? <Skeleton height="3rem" /> : null}
      {about === undefined ? null : (
        <dl className={classes.facts}>
          <dt>{t("settings.version")}</dt>
          <dd>{about.version}</dd>
          <dt>{t("settings.model")}</dt>
          <dd>{about.model.is_demo ? <DemoNotice place="page" /> : `${about.model.name} (${about.model.provider})`}</dd>
        </dl>
      )}
    </Section>
  );
}
