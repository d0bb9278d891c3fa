import { Button, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import { useListbox } from "@/components/use-listbox";
import { allZones, describeZone, detectedZone, findZones, type TimeZone } from "@/i18n/time-zones";
import { meQuery } from "@/identity/queries";
import classes from "./Settings.module.css";
import { useProfile } from "./use-profile";

const MOST_SHOWN = 50;

const inWords = (zone: TimeZone) =>
  [zone.region === "" ? zone.city : `${zone.city} (${zone.region})`, zone.offset].join(" · ");

/** Looked for by city, region or offset; the zone of this device is one click away. */
export function TimeZoneField() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const field = useRef<HTMLInputElement>(null);
  const [now] = useState(() => new Date());
  const [zones] = useState(() => allZones(now));
  const [typed, setTyped] = useState<string | null>(null);
  const save = useProfile();
  const choose = (zone: TimeZone) => {
    setTyped(null);
    if (zone.name !== me.time_zone) save.mutate({ time_zone: zone.name });
  };
  const found = typed === null ? [] : findZones(typed, zones, MOST_SHOWN);
  const listbox = useListbox({ options: found, keyOf: (zone) => zone.name, onChoose: choose });
  const present = me.time_zone === null ? "" : inWords(describeZone(me.time_zone, now));
  const here = detectedZone();
  return (
    <div className={classes.combobox}>
      <TextInput
        {...listbox.field}
        ref={field}
        label={t("settings.timeZone")}
        placeholder={t("settings.timeZoneSearch")}
        autoComplete="off"
        spellCheck={false}
        value={typed ?? present}
        error={zoneError()}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => setTyped((before) => before ?? "")}
        onBlur={() => setTyped(null)}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          listbox.unmark();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && typed !== null) {
            event.stopPropagation();
            setTyped(null);
          } else if (event.key === "ArrowDown" && typed === null) {
            event.preventDefault();
            setTyped("");
          } else listbox.onKeyDown(event);
        }}
      />
      {found.length > 0 ? (
        <div {...listbox.listProps} className={classes.options} aria-label={t("settings.timeZone")}>
          {found.map((zone, index) => (
            <div key={zone.name} {...listbox.optionProps(index)} className={classes.option}>
              <span>{zone.city} <span className={classes.faint}>{zone.region}</span></span>
              <span className={classes.faint}>{zone.offset}</span>
            </div>
          ))}
        </div>
      ) : null}
      {here === me.time_zone ? null : (
        <Button variant="light" className={classes.detected} onClick={() => choose(describeZone(here, now))}>
          {t("settings.useZone", { zone: describeZone(here, now).city })}
        </Button>
      )}
    </div>
  );

  function zoneError(): string | undefined {
    if (typed !== null && typed !== "" && found.length === 0) return t("settings.noZone");
    return save.isError ? describeError(t, save.error) : undefined;
  }
}
