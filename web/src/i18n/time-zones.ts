/** Time zones as people look for them. */
import { bestMatches } from "@/components/match";

export type TimeZone = { name: string; city: string; region: string; offset: string };

/** "Europe/Paris" at this moment, in words. */
export function describeZone(name: string, at: Date): TimeZone {
  const parts = name.replaceAll("_", " ").split("/");
  return {
    name,
    city: parts.at(-1) ?? name,
    region: parts.slice(0, -1).join(", "),
    offset: offsetOf(name, at),
  };
}

/** "UTC+01:00" */
function offsetOf(timeZone: string, at: Date): string {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
    const offset = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    return offset.replace("GMT", "UTC").replace("+00:00", "");
  } catch {
    // A zone that the server knows and this browser does not.
    return "";
  }
}

/** The zone of this device. */
export const detectedZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Every zone of this browser, "UTC" among them. */
export function allZones(at: Date): TimeZone[] {
  const names = new Set([...Intl.supportedValuesOf("timeZone"), "UTC"]);
  return [...names].toSorted().map((name) => describeZone(name, at));
}

export const findZones = (query: string, zones: TimeZone[], most: number) =>
  bestMatches(query, zones, (zone) => [zone.city, `${zone.region} ${zone.name} ${zone.offset}`]).slice(0, most);

/** The hour of the day (0–23) in a zone; in this device's own when none is known. */
export function hourIn(timeZone: string | null, at: Date): number {
  try {
    const options = { hour: "2-digit", hourCycle: "h23", ...(timeZone === null ? {} : { timeZone }) } as const;
    return Number(new Intl.DateTimeFormat("en", options).format(at));
  } catch {
    return at.getHours();
  }
}
