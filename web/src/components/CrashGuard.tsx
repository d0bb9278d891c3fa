import { Component, type ReactNode } from "react";
import { i18next } from "@/i18n";
import classes from "./FullPage.module.css";

/** The last net: a fault in the app itself. What was written is on the server or kept as a draft. */
export class CrashGuard extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return (
      <main className={classes.page}>
        <h1 className={classes.title}>{i18next.t("states.crashTitle")}</h1>
        <p className={classes.text}>{i18next.t("states.crashText")}</p>
        <button type="button" className={classes.action} onClick={() => location.reload()}>
          {i18next.t("actions.reload")}
        </button>
      </main>
    );
  }
}
