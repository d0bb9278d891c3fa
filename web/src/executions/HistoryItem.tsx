import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem, Highlight } from "@/api/types";
import { Menu, MenuItem } from "@/components/Menu";
import menu from "@/components/Menu.module.css";
import { Popup } from "@/components/Popup";
import classes from "./ExecutionList.module.css";
import { ExecutionRow } from "./ExecutionRow";
import { RenameField } from "./RenameField";

type Props = {
  execution: ExecutionItem;
  places: Highlight[] | undefined;
  isRenamed: boolean;
  onRename: () => void;
  /** Null: the name stays. */
  onRenamed: (title: string | null) => void;
  onDelete: () => void;
};

/** One execution of the history, with what can be done to it. */
export function HistoryItem({ execution, places, isRenamed, onRename, onRenamed, onDelete }: Props) {
  const link = useRef<HTMLAnchorElement>(null);
  const comesBack = useRef(false);
  useEffect(() => {
    if (isRenamed || !comesBack.current) return;
    comesBack.current = false;
    link.current?.focus();
  }, [isRenamed]);
  return (
    <li className={classes.item} data-execution={execution.id}>
      {isRenamed ? (
        <RenameField
          execution={execution}
          onEnd={(title, { byKey }) => {
            comesBack.current = byKey;
            onRenamed(title);
          }}
        />
      ) : (
        <>
          <ExecutionRow ref={link} execution={execution} places={places} keys="Delete F2 R" />
          <RowMenu execution={execution} onRename={onRename} onDelete={onDelete} />
        </>
      )}
    </li>
  );
}

function RowMenu({ execution, onRename, onDelete }: Pick<Props, "execution" | "onRename" | "onDelete">) {
  const { t } = useTranslation();
  const name = t("history.actionsFor", { title: execution.title ?? execution.task.name });
  return (
    <Popup
      isMenu
      name={name}
      side="bottom-end"
      buttonLabel={name}
      buttonClass={`${menu.iconButton} ${classes.menuButton}`}
      button={<IconDots aria-hidden="true" size="1.125rem" stroke={1.5} />}
    >
      {(close) => (
        <Menu>
          <MenuItem Icon={IconPencil} label={t("history.rename")} shortcut="R" onRun={() => { close(); onRename(); }} />
          <MenuItem Icon={IconTrash} label={t("history.delete")} shortcut={t("history.deleteKey")} onRun={() => { close(); onDelete(); }} />
        </Menu>
      )}
    </Popup>
  );
}
