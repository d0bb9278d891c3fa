/** The keys of the app. Single keys do nothing while one types, and can be turned off. */
import type { LinkProps } from "@tanstack/react-router";

type Place = { keys: readonly string[]; name: PlaceName; to: LinkProps["to"] };
type PlaceName = "shell.home" | "shell.tasks" | "shell.history" | "shell.settings";

/** "g", then the letter of a place. */
export const PLACE_KEYS = [
  { keys: ["g", "h"], name: "shell.home", to: "/" },
  { keys: ["g", "t"], name: "shell.tasks", to: "/tasks" },
  { keys: ["g", "r"], name: "shell.history", to: "/history" },
  { keys: ["g", "s"], name: "shell.settings", to: "/settings" },
] as const satisfies readonly Place[];

export type Shortcut = "help" | "search" | (typeof PLACE_KEYS)[number]["to"];

/** How long a "g" waits for its second key, in ms. */
const SECOND_KEY_MS = 1500;

/** Reads keys one by one, and answers a shortcut when they make one. */
export class KeyReader {
  private startedAt: number | null = null;

  read(key: string, atMs: number): Shortcut | null {
    const isSecond = this.startedAt !== null && atMs - this.startedAt <= SECOND_KEY_MS;
    this.startedAt = null;
    if (isSecond) return PLACE_KEYS.find((place) => place.keys[1] === key)?.to ?? null;
    if (key === "g") {
      this.startedAt = atMs;
      return null;
    }
    if (key === "?") return "help";
    return key === "/" ? "search" : null;
  }
}

/** Whether this key press asks for the palette. */
export function asksForPalette(event: KeyboardEvent): boolean {
  return (
    event.key.toLowerCase() === "k" &&
    (event.ctrlKey || event.metaKey) &&
    !event.shiftKey &&
    !event.altKey
  );
}
