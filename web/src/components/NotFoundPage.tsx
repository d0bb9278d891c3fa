import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./FullPage.module.css";
import { PageTitle } from "./PageTitle";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <main className={classes.page}>
      <PageTitle className={classes.title}>{t("states.notFoundTitle")}</PageTitle>
      <p className={classes.text}>{t("states.notFoundText")}</p>
      <Button component={Link} to="/">{t("actions.goHome")}</Button>
    </main>
  );
}
