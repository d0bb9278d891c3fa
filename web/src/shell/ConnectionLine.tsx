import { useNetwork } from "@mantine/hooks";
import { IconWifiOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "@/components/Announcer";
import { useConnectionStatus } from "@/realtime/use-live";
import classes from "./ConnectionLine.module.css";

/** A blink of the network is nobody's business. */
const PATIENCE_MS = 1500;

/** A thin line when the server cannot be heard, saying what happens to the work. */
export function ConnectionLine() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const status = useConnectionStatus();
  const isCut = status === "offline" || !online;
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(isCut), isCut ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [isCut]);
  const wasShown = useRef(false);
  useEffect(() => {
    if (wasShown.current && !isShown) announce(t("connection.back"));
    wasShown.current = isShown;
  }, [isShown, t]);
  return (
    <div role="status">
      {isShown ? (
        <p className={classes.line}>
          <IconWifiOff aria-hidden="true" size="1rem" stroke={1.5} />
          <span>
            <strong>{t(online ? "connection.lost" : "connection.offline")}</strong>{" "}
            {t("connection.promise")}
          </span>
        </p>
      ) : null}
    </div>
  );
}
