import { IconUserCircle } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "@/api/types";
import { Popup } from "@/components/Popup";
import { meQuery } from "@/identity/queries";
import classes from "./PersonMenu.module.css";
import bar from "./PhoneBar.module.css";

const Panel = lazy(() => import("./PersonPanel").then((module) => ({ default: module.PersonPanel })));

function LazyPanel(props: { me: Person; onClose: () => void }) {
  return (
    <Suspense fallback={<div className={classes.coming} />}>
      <Panel {...props} />
    </Suspense>
  );
}

/** The person, at the bottom of the rail, with what is theirs to choose. */
export function PersonMenu({ isNarrow }: { isNarrow: boolean }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  return (
    <Popup
      name={t("shell.you")}
      side="right-end"
      buttonLabel={t("shell.personMenu", { name: me.name })}
      buttonClass={`${classes.person} ${isNarrow ? classes.narrow : ""}`}
      button={
        <>
          <span aria-hidden="true" className={classes.initial} data-initial={initial(me.name)} />
          <span className={classes.name}>{me.name}</span>
        </>
      }
    >
      {(close) => <LazyPanel me={me} onClose={close} />}
    </Popup>
  );
}

/** The same in the phone's bar. */
export function PersonTab() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  return (
    <Popup
      name={t("shell.you")}
      side="top-end"
      buttonClass={bar.place}
      button={
        <>
          <IconUserCircle aria-hidden="true" size="1.375rem" stroke={1.5} />
          <span>{t("shell.you")}</span>
        </>
      }
    >
      {(close) => <LazyPanel me={me} onClose={close} />}
    </Popup>
  );
}

function initial(name: string): string {
  return (Array.from(name.trim())[0] ?? "·").toUpperCase();
}
