import { useId } from "react";
import { useTranslation } from "react-i18next";
import { commandKey } from "@/components/typing";
import { openHelp } from "@/shell/overlays";
import { useSingleKeys } from "@/shell/keyboard/preference";
import classes from "./Settings.module.css";

/** Single keys can be in the way of dictation and of shaky hands; they can be turned off. */
export function KeysToggle() {
  const { t } = useTranslation();
  const id = useId();
  const [hasSingleKeys, setSingleKeys] = useSingleKeys();
  return (
    <>
      <div className={classes.toggle}>
        <input
          type="checkbox"
          role="switch"
          id={id}
          className={classes.switch}
          aria-describedby={`${id}-text`}
          aria-checked={hasSingleKeys}
          checked={hasSingleKeys}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        <div>
          <label htmlFor={id} className={classes.toggleName}>{t("settings.singleKeys")}</label>
          <span id={`${id}-text`} className={classes.text}>{t("settings.singleKeysText", { key: commandKey(navigator.platform) })}</span>
        </div>
      </div>
      <button type="button" className={classes.textButton} onClick={openHelp}>
        {t("settings.showKeys")}
      </button>
    </>
  );
}
