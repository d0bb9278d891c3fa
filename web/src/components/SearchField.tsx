import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

type Props = {
  label: string;
  /** What is being searched for now, from the address. */
  value: string;
  onSearch: (text: string) => void;
};

const PAUSE_MS = 200;

/** Searches as one types. The address holds the search, so that it can be kept and gone back to. */
export function SearchField({ label, value, onSearch }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const asked = useRef(value);
  const search = useDebouncedCallback((next: string) => {
    asked.current = next.trim();
    onSearch(asked.current);
  }, PAUSE_MS);
  // The address changed by itself (back, a link): it wins over what was typed.
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  const type = (next: string) => {
    setText(next);
    search(next);
  };
  return (
    <TextInput
      type="search"
      size="md"
      aria-label={label}
      placeholder={label}
      value={text}
      leftSection={<IconSearch aria-hidden="true" size="1.125rem" stroke={1.5} />}
      rightSection={
        text === "" ? null : <CloseButton aria-label={t("actions.clearSearch")} onClick={() => type("")} />
      }
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}
