import { IconFlask } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Popup } from "@/components/Popup";
import { aboutQuery } from "@/identity/queries";
import classes from "./DemoNotice.module.css";

type Props = {
  /** In the rail, wide or narrow; on a page; under a text that it wrote. */
  place: "rail" | "narrow rail" | "page" | "text";
};

/** Says that answers come from the demo model, and how to plug in a real one. */
export function DemoNotice({ place }: Props) {
  const { t } = useTranslation();
  const { data: about } = useQuery(aboutQuery);
  if (about?.model.is_demo !== true) return null;
  const isOnPage = place === "page" || place === "text";
  const words = t(place === "text" ? "demo.line" : "demo.name");
  return (
    <Popup
      name={t("demo.name")}
      side={isOnPage ? "bottom-start" : "right-end"}
      buttonLabel={words}
      buttonClass={`${classes.chip} ${isOnPage ? classes.line : ""}`}
      button={
        <>
          <IconFlask aria-hidden="true" size="1.125rem" stroke={1.5} />
          {place === "narrow rail" ? null : <span>{words}</span>}
        </>
      }
    >
      {() => <DemoWords />}
    </Popup>
  );
}

function DemoWords() {
  const { t } = useTranslation();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the panel's focus goes here
    <div className={classes.words} tabIndex={0} data-autofocus>
      <p>{t("demo.what")}</p>
      <p>{t("demo.how")}</p>
      <pre className={classes.setting}>OPENAI_API_KEY=sk-…</pre>
      <p>{t("demo.howOther")}</p>
      <pre className={classes.setting}>
        OPENAI_BASE_URL=http://localhost:11434/v1{"\n"}MOJODEX_CHAT_MODEL=llama3.2
      </pre>
    </div>
  );
}
