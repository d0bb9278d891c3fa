import { IconUserCircle } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Popup } from "@/components/Popup";
import { meQuery } from "@/identity/queries";
import { PersonPanel } from "./PersonPanel";
import classes from "./PersonMenu.module.css";
import bar from "./PhoneBar.module.css";

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
      {() => <PersonPanel me={me} />}
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
      {() => <PersonPanel me={me} />}
    </Popup>
  );
}

function initial(name: string): string {
  return (Array.from(name.trim())[0] ?? "·").toUpperCase();
}
