import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "./PageTitle";
import { ErrorState } from "./StatePanel";

/** A page that could not start, most often because the server did not answer. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  usePageTitle(t("states.errorTitle"));
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main>
      <h1 className="only-read-aloud">{t("states.errorTitle")}</h1>
      <ErrorState error={error} onRetry={retry} />
    </main>
  );
}
