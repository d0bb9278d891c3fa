import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { type Editor, useEditorState } from "@tiptap/react";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Tip } from "@/components/Tip";
import { BLOCKS, type Command, IN_TABLE, INLINE, setStyle, styleOf } from "./commands";
import { LinkButton } from "./LinkButton";
import classes from "./Toolbar.module.css";

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };

/** Left and right move among the tools; one Tab leads past them. */
function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
  const step = STEPS[event.key];
  const target = event.target as HTMLElement;
  if (step === undefined || target.tagName === "INPUT" || target.tagName === "SELECT") return;
  const tools = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-tool]:not(:disabled)")];
  const at = tools.indexOf(target);
  if (at < 0) return;
  event.preventDefault();
  tools.at((at + step) % tools.length)?.focus();
}

export function Toolbar({ editor }: { editor: Editor }) {
  const { t } = useTranslation();
  const state = useEditorState({
    editor,
    selector: ({ editor: at }) => ({
      active: [...INLINE, ...BLOCKS].filter((each) => each.mark !== null && at.isActive(each.mark)).map((each) => each.name),
      style: styleOf(at),
      isInTable: at.isActive("table"),
      canUndo: at.can().undo(),
      canRedo: at.can().redo(),
    }),
  });
  const isActive = (command: Command) => state.active.includes(command.name);
  const tools = (commands: Command[]) =>
    commands.map((command) => (
      <Tool key={command.name} editor={editor} command={command} isActive={isActive(command)} />
    ));
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- arrows move among the tools in it
    <div role="toolbar" aria-label={t("editor.tools")} className={classes.toolbar} onKeyDown={onKeyDown}>
      <select
        className={classes.style}
        aria-label={t("editor.style")}
        value={state.style}
        onChange={(event) => setStyle(editor, event.currentTarget.value)}
      >
        <option value="text">{t("editor.text")}</option>
        {[1, 2, 3, 4, 5, 6].filter((level) => level <= 3 || state.style === String(level)).map((level) => (
          <option key={level} value={String(level)}>{t("editor.heading", { level })}</option>
        ))}
      </select>
      <span className={classes.group}>{tools(INLINE)}<LinkButton editor={editor} /></span>
      <span className={classes.group}>{tools(BLOCKS)}</span>
      {state.isInTable ? <span className={classes.group}>{tools(IN_TABLE)}</span> : null}
      <span className={classes.group}>
        <HistoryTool name="undo" keys="Control+Z" isOff={!state.canUndo} onRun={() => editor.chain().focus().undo().run()} />
        <HistoryTool name="redo" keys="Control+Shift+Z" isOff={!state.canRedo} onRun={() => editor.chain().focus().redo().run()} />
      </span>
    </div>
  );
}

const isMac = () => navigator.platform.startsWith("Mac");

/** A shortcut as people read it. */
function readable(keys: string): string {
  return isMac()
    ? keys.replace("Control", "⌘").replace("Shift", "⇧").replace("Alt", "⌥").replaceAll("+", "")
    : keys.replace("Control", "Ctrl").replaceAll("+", " ");
}

type ToolProps = { editor: Editor; command: Command; isActive: boolean };

function Tool({ editor, command, isActive }: ToolProps) {
  const { t } = useTranslation();
  const { name, Icon, keys, mark } = command;
  const label = t(`editor.tool.${name}`);
  return (
    <Tip label={keys === undefined ? label : `${label} (${readable(keys)})`}>
      <button
        type="button"
        data-tool
        className={classes.tool}
        aria-label={label}
        aria-keyshortcuts={keys}
        aria-pressed={mark === null ? undefined : isActive}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => command.run(editor)}
      >
        <Icon aria-hidden="true" size="1.125rem" stroke={1.5} />
      </button>
    </Tip>
  );
}

type HistoryProps = { name: "undo" | "redo"; keys: string; isOff: boolean; onRun: () => void };

function HistoryTool({ name, keys, isOff, onRun }: HistoryProps) {
  const { t } = useTranslation();
  const Icon = name === "undo" ? IconArrowBackUp : IconArrowForwardUp;
  return (
    <Tip label={`${t(`editor.tool.${name}`)} (${readable(keys)})`}>
      <button
        type="button"
        data-tool
        className={classes.tool}
        aria-label={t(`editor.tool.${name}`)}
        aria-keyshortcuts={keys}
        disabled={isOff}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onRun}
      >
        <Icon aria-hidden="true" size="1.125rem" stroke={1.5} />
      </button>
    </Tip>
  );
}
