import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./FullPage.module.css";
import { PageTitle } from "./PageTitle";

/** An address without a page. */
export function NotFoundPage() {
  return <main><NothingHere /></main>;
}

/** The same where a page exists, but not what it was to show. */
export function NothingHere() {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <PageTitle className={classes.title}>{t("states.notFoundTitle")}</PageTitle>
      <p className={classes.text}>{t("states.notFoundText")}</p>
      <Button component={Link} to="/">{t("actions.goHome")}</Button>
    </div>
  );
}
