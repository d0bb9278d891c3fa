import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { openPalette } from "./overlays";
import { PersonTab } from "./PersonMenu";
import classes from "./PhoneBar.module.css";
import { PLACES } from "./places";

/** The same places under the thumb. */
export function PhoneBar() {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("shell.places")} className={classes.bar}>
      {PLACES.map(({ to, name, Icon, isExact }) => (
        <Link key={to} to={to} activeOptions={{ exact: isExact }} className={classes.place}>
          <Icon aria-hidden="true" size="1.375rem" stroke={1.5} />
          <span>{t(name)}</span>
        </Link>
      ))}
      <button type="button" className={classes.place} aria-haspopup="dialog" onClick={openPalette}>
        <IconSearch aria-hidden="true" size="1.375rem" stroke={1.5} />
        <span>{t("shell.search")}</span>
      </button>
      <PersonTab />
    </nav>
  );
}
