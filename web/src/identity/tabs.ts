/** Windows of one browser tell each other that the person changed something about themselves. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";

const NAME = "mojodex.me";

const open = () => (typeof BroadcastChannel === "function" ? new BroadcastChannel(NAME) : null);

export function tellOtherWindows(): void {
  const channel = open();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel knows one origin only
  channel?.postMessage("changed");
  channel?.close();
}

/** Asks for the person again when another window changed them; returns the way to stop. */
export function followOtherWindows(client: QueryClient): () => void {
  const channel = open();
  channel?.addEventListener("message", () => void client.invalidateQueries({ queryKey: keys.me }));
  return () => channel?.close();
}
