import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Modal } from "@/components/Modal";
import { useListbox } from "@/components/use-listbox";
import type { Group } from "./arrange";
import classes from "./Palette.module.css";
import { rememberRecent } from "./recent";
import type { Command } from "./use-commands";
import { useFound } from "./use-found";

/** One field for everything: tasks, work, commands. The arrows choose, Enter does it, Escape leaves. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const found = useFound(query);
  const options = found.groups.flatMap((group) => group.items);
  const listbox = useListbox({
    options,
    keyOf: (item) => `${item.kind}-${item.id}`,
    onChoose: (item) => {
      rememberRecent({ kind: item.kind, id: item.id });
      // Closed first, so that the focus goes to what is opened, not back.
      onClose();
      item.run();
    },
  });
  return (
    <Modal className={classes.palette} label={t("palette.title")} onClose={onClose}>
      <div className={classes.inside}>
        <div className={classes.field}>
          <IconSearch aria-hidden="true" size="1.25rem" stroke={1.5} />
          <input
            {...listbox.field}
            type="text"
            className={classes.input}
            aria-label={t("palette.title")}
            placeholder={t("palette.placeholder")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            enterKeyHint="go"
            autoFocus
            value={query}
            onKeyDown={listbox.onKeyDown}
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              listbox.unmark();
            }}
          />
          <kbd className={classes.escape} aria-hidden="true">Esc</kbd>
        </div>
        {options.length > 0 ? (
          <div {...listbox.listProps} className={classes.list} aria-label={t("palette.found")}>
            <Groups groups={found.groups} optionProps={listbox.optionProps} />
          </div>
        ) : null}
        <Status count={options.length} query={query} {...found} />
      </div>
    </Modal>
  );
}

type GroupsProps = {
  groups: Group<Command>[];
  optionProps: ReturnType<typeof useListbox>["optionProps"];
};

function Groups({ groups, optionProps }: GroupsProps) {
  const { t } = useTranslation();
  let index = -1;
  return groups.map((group) => (
    <div key={group.name} role="group" aria-label={t(`palette.groups.${group.name}`)}>
      <p className={classes.group} aria-hidden="true">{t(`palette.groups.${group.name}`)}</p>
      {group.items.map((item) => {
        index += 1;
        return (
          <div key={`${item.kind}-${item.id}`} {...optionProps(index)} className={classes.option}>
            <span className={classes.icon} aria-hidden="true">{item.icon}</span>
            <span className={classes.label}>{item.label}</span>
            {item.detail === undefined ? null : <span className={classes.detail}>{item.detail}</span>}
          </div>
        );
      })}
    </div>
  ));
}

type StatusProps = { count: number; query: string; isSearching: boolean; hasFailed: boolean };

/** How many there are, for the ear; what is missing, for the eye as well. */
function Status({ count, query, isSearching, hasFailed }: StatusProps): ReactNode {
  const { t } = useTranslation();
  const isNothing = count === 0 && !isSearching;
  return (
    <div role="status" className={classes.status} data-shown={hasFailed || isNothing}>
      {hasFailed ? <p>{t("palette.unreachable")}</p> : null}
      {!hasFailed && isNothing ? <p>{t("palette.nothing", { query: query.trim() })}</p> : null}
      {count > 0 && !isSearching ? (
        <p className="only-read-aloud">{t("palette.count", { count })}</p>
      ) : null}
    </div>
  );
}
