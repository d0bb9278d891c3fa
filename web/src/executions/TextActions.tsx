import { Button } from "@mantine/core";
import { IconCheck, IconCopy, IconPencil } from "@tabler/icons-react";
import { type RefObject, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "@/components/Announcer";
import { copyText } from "@/components/copy";
import classes from "./ExecutionPage.module.css";

type Props = {
  article: RefObject<HTMLElement | null>;
  title: string;
  body: string;
  /** Somebody is about to write: what that needs can be fetched. */
  onAim: () => void;
  onEdit: () => void;
};

export function TextActions({ article, title, body, onAim, onEdit }: Props) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState<"yes" | "no" | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setCopied(null), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy(): Promise<void> {
    const { cleanHtml } = await import("./take-away");
    const html = article.current === null ? null : cleanHtml(article.current, title);
    const isCopied = await copyText(`# ${title}\n\n${body}`, html);
    setCopied(isCopied ? "yes" : "no");
    announce(t(isCopied ? "text.copied" : "text.notCopied"));
  }

  const CopyIcon = copied === "yes" ? IconCheck : IconCopy;
  const copyLabel = { yes: t("text.copied"), no: t("text.notCopied"), idle: t("actions.copy") };
  return (
    <div className={classes.buttons}>
      <Button
        data-edit
        size="xs"
        variant="default"
        leftSection={<IconPencil aria-hidden="true" size="1rem" stroke={1.5} />}
        onPointerEnter={onAim}
        onFocus={onAim}
        onClick={onEdit}
      >
        {t("actions.edit")}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<CopyIcon aria-hidden="true" size="1rem" stroke={1.5} />}
        onClick={() => void copy()}
      >
        {copyLabel[copied ?? "idle"]}
      </Button>
    </div>
  );
}
