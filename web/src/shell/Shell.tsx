import { useLocalStorage } from "@mantine/hooks";
import { Outlet } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { InsideShell } from "@/components/inside-shell";
import { LiveContext } from "@/realtime/use-live";
import { ConnectionLine } from "./ConnectionLine";
import { FinishedWork } from "./FinishedWork";
import { Overlays } from "./Overlays";
import { PhoneBar } from "./PhoneBar";
import { Rail } from "./Rail";
import classes from "./Shell.module.css";
import { UpdateNotice } from "./UpdateNotice";
import { useConnection } from "./use-connection";
import { useFollowPerson } from "./use-person";

/** What surrounds every page behind the sign-in: ways to go, the person, the connection. */
export function Shell() {
  const { t } = useTranslation();
  const connection = useConnection();
  useFollowPerson();
  const main = useRef<HTMLElement>(null);
  const [isNarrow, setNarrow] = useLocalStorage({
    key: "mojodex.rail-narrow",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  return (
    <LiveContext value={connection}>
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        {t("shell.skip")}
      </button>
      <div className={classes.shell} data-narrow={isNarrow}>
        <Rail isNarrow={isNarrow} onToggle={() => setNarrow(!isNarrow)} />
        <div className={classes.content}>
          <ConnectionLine />
          <main
            ref={main}
            className={classes.main}
            tabIndex={-1}
            data-scroll-restoration-id="main"
          >
            <InsideShell value><Outlet /></InsideShell>
          </main>
        </div>
        <PhoneBar />
      </div>
      <FinishedWork />
      <Overlays />
      <UpdateNotice />
    </LiveContext>
  );
}
