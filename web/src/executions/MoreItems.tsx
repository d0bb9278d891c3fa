import { IconCopyPlus, IconDownload, IconMarkdown, IconPencil, IconPrinter, IconTextScan2, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import type { Execution } from "@/api/types";
import { announce } from "@/components/Announcer";
import { copyText } from "@/components/copy";
import { keepDraft } from "@/components/drafts";
import { Menu, MenuItem, MenuLine } from "@/components/Menu";
import { newId } from "@/components/new-id";
import { showProblem, showToast } from "@/components/toasts";
import { useUndoable } from "@/components/undo";
import { fileName, htmlFile, markdownFile, saveFile } from "./take-away";

type Props = { execution: Execution; title: string; onRename: (() => void) | null };

const pageText = () => document.querySelector("[data-text]");

function useTakeAway(title: string, body: string) {
  const { t, i18n } = useTranslation();
  const say = (isCopied: boolean) => {
    const words = t(isCopied ? "text.copied" : "text.notCopied");
    if (isCopied) {
      showToast({ id: "copied", words, tone: "plain" });
      announce(words);
    } else {
      showProblem(words);
    }
  };
  const plain = async () => `${title}\n\n${(await import("./plain-text")).plainText(body)}\n`;
  return {
    copyMarkdown: async () => say(await copyText(markdownFile(title, body), null)),
    copyPlain: async () => say(await copyText(await plain(), null)),
    saveMarkdown: () => saveFile(fileName(title, "md"), "text/markdown", markdownFile(title, body)),
    savePlain: async () => saveFile(fileName(title, "txt"), "text/plain", await plain()),
    saveHtml: () => {
      const article = pageText();
      if (article !== null) saveFile(fileName(title, "html"), "text/html", htmlFile(article, title, i18n.language));
    },
  };
}

function useActs(execution: Execution, title: string) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const act = useUndoable();
  const params = { params: { path: { execution_id: execution.id } } };
  const refresh = () => client.invalidateQueries({ queryKey: keys.allExecutions });
  return {
    useAgain: () => {
      const values = Object.fromEntries(
        execution.inputs.flatMap(({ name, value }) => (typeof value === "string" ? [[name, value]] : [])),
      );
      keepDraft(`task.${execution.task.id}`, { values, clientId: newId() });
      void navigate({ to: "/tasks/$taskId", params: { taskId: execution.task.id } });
    },
    remove: () => {
      act({
        id: execution.id,
        words: t("more.deleted", { title }),
        run: async () => {
          await ask(api.DELETE("/executions/{execution_id}", params));
          await refresh();
        },
        undo: async () => {
          await ask(api.POST("/executions/{execution_id}/restore", params));
          await refresh();
        },
      });
      void navigate({ to: "/history" });
    },
  };
}

export function MoreItems({ execution, title, onRename, onDone }: Props & { onDone: () => void }) {
  const { t } = useTranslation();
  const away = useTakeAway(title, execution.text?.body ?? "");
  const acts = useActs(execution, title);
  const hasText = execution.text !== null;
  const item = (label: string, Icon: ComponentType, run: () => void | Promise<void>) => (
    <MenuItem
      label={label}
      Icon={Icon}
      onRun={() => {
        onDone();
        Promise.resolve(run()).catch((error: unknown) => showProblem(describeError(t, error)));
      }}
    />
  );
  return (
    <Menu>
      {onRename === null ? null : item(t("more.rename"), IconPencil, onRename)}
      {item(t("more.again"), IconCopyPlus, acts.useAgain)}
      {hasText ? (
        <>
          <MenuLine />
          {item(t("more.copyMarkdown"), IconMarkdown, away.copyMarkdown)}
          {item(t("more.copyPlain"), IconTextScan2, away.copyPlain)}
          {item(t("more.saveMarkdown"), IconDownload, away.saveMarkdown)}
          {item(t("more.savePlain"), IconDownload, away.savePlain)}
          {item(t("more.saveHtml"), IconDownload, away.saveHtml)}
          {item(t("more.print"), IconPrinter, () => window.print())}
        </>
      ) : null}
      <MenuLine />
      {item(t("more.delete"), IconTrash, acts.remove)}
    </Menu>
  );
}
