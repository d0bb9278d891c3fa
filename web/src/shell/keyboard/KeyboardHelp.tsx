import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Sheet } from "@/components/Sheet";
import { commandKey } from "@/components/typing";
import classes from "./KeyboardHelp.module.css";
import { useSingleKeys } from "./preference";
import { PLACE_KEYS } from "./shortcuts";

/** What the keys do. */
export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [hasSingleKeys] = useSingleKeys();
  const command = commandKey(navigator.platform);
  return (
    <Sheet side="right" title={t("shell.keys")} onClose={onClose}>
      <Keys title={t("keyboard.anywhere")}>
        <Row keys={[command, "K"]} words={t("keyboard.palette")} />
        <Row keys={[command, "Z"]} words={t("keyboard.undo")} />
        <Row keys={["Esc"]} words={t("keyboard.close")} />
        <Row keys={["↑", "↓"]} words={t("keyboard.arrows")} />
        <Row keys={[command, "↵"]} words={t("keyboard.submit")} />
      </Keys>
      <Keys title={t("shell.history")}>
        <Row keys={["F2"]} words={t("history.rename")} />
        <Row keys={[t("history.deleteKey")]} words={t("history.delete")} />
      </Keys>
      <Keys title={t("keyboard.single")}>
        {PLACE_KEYS.map(({ keys, name }) => (
          <Row key={name} keys={keys} words={t("keyboard.goTo", { place: t(name) })} isOff={!hasSingleKeys} />
        ))}
        <Row keys={["/"]} words={t("keyboard.search")} isOff={!hasSingleKeys} />
        <Row keys={["?"]} words={t("keyboard.help")} isOff={!hasSingleKeys} />
      </Keys>
      <p className={classes.note}>
        {t(hasSingleKeys ? "keyboard.on" : "keyboard.off")}{" "}
        <Link to="/settings" hash="keyboard" onClick={onClose}>{t("keyboard.change")}</Link>
      </p>
    </Sheet>
  );
}

function Keys({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={classes.group} aria-label={title}>
      <h3 className={classes.title}>{title}</h3>
      <dl className={classes.rows}>{children}</dl>
    </section>
  );
}

function Row({ keys, words, isOff = false }: { keys: readonly string[]; words: string; isOff?: boolean }) {
  return (
    <div className={classes.row} data-off={isOff}>
      <dt>{words}</dt>
      <dd className={classes.keys}>
        {keys.map((key) => <kbd key={key} className={classes.key}>{key}</kbd>)}
      </dd>
    </div>
  );
}
