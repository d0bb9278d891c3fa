import { Button } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import type { Editor } from "@tiptap/react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { safeAddress } from "@/components/markdown-text";
import { Popup } from "@/components/Popup";
import classes from "./Toolbar.module.css";

/** Make the chosen words a link, change where it leads, or take it away. */
export function LinkButton({ editor }: { editor: Editor }) {
  const { t } = useTranslation();
  return (
    <Popup
      name={t("editor.tool.link")}
      side="bottom-start"
      buttonLabel={t("editor.tool.link")}
      buttonClass={classes.tool}
      button={<IconLink aria-hidden="true" size="1.125rem" stroke={1.5} />}
    >
      {(close) => <LinkForm editor={editor} onDone={close} />}
    </Popup>
  );
}

/** What was typed as an address: with a scheme, or a mail address, or a bare domain. */
function completed(typed: string): string {
  const text = typed.trim();
  if (text === "" || /^[a-z][a-z+.-]*:/i.test(text)) return text;
  return text.includes("@") && !text.includes("/") ? `mailto:${text}` : `https://${text}`;
}

function LinkForm({ editor, onDone }: { editor: Editor; onDone: () => void }) {
  const { t } = useTranslation();
  const errorId = useId();
  const before = (editor.getAttributes("link").href as string | undefined) ?? "";
  const [typed, setTyped] = useState(before);
  const [isWrong, setWrong] = useState(false);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const href = completed(typed);
    if (safeAddress(href) === null) {
      setWrong(true);
      return;
    }
    onDone();
    const chain = editor.chain().focus().extendMarkRange("link");
    if (editor.state.selection.empty && before === "") chain.insertContent({ type: "text", text: typed.trim(), marks: [{ type: "link", attrs: { href } }] }).run();
    else chain.setLink({ href }).run();
  }

  return (
    <form className={classes.link} onSubmit={submit}>
      <label>
        <span>{t("editor.address")}</span>
        <input
          data-autofocus
          className={classes.address}
          value={typed}
          placeholder="https://example.com"
          aria-invalid={isWrong}
          aria-describedby={isWrong ? errorId : undefined}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setWrong(false);
          }}
        />
      </label>
      {isWrong ? <p id={errorId} role="alert" className={classes.wrong}>{t("editor.addressWrong")}</p> : null}
      <div className={classes.linkButtons}>
        {before === "" ? null : (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              onDone();
              editor.chain().focus().extendMarkRange("link").unsetLink().run();
            }}
          >
            {t("editor.unlink")}
          </Button>
        )}
        <Button size="xs" type="submit">{t("editor.setLink")}</Button>
      </div>
    </form>
  );
}
