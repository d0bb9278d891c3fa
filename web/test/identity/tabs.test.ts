import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import { followOtherWindows, tellOtherWindows } from "@/identity/tabs";

it("a change in one window is asked for in the others, until they go", async () => {
  const client = new QueryClient();
  client.setQueryData(keys.me, { name: "Ada" });
  const isStale = () => client.getQueryState(keys.me)?.isInvalidated;
  const stop = followOtherWindows(client);
  tellOtherWindows();
  await vi.waitFor(() => expect(isStale()).toBe(true));

  client.setQueryData(keys.me, { name: "Ada L." });
  stop();
  const others = new QueryClient();
  others.setQueryData(keys.me, { name: "Ada" });
  const stopOthers = followOtherWindows(others);
  tellOtherWindows();
  await vi.waitFor(() => expect(others.getQueryState(keys.me)?.isInvalidated).toBe(true));
  expect(isStale()).toBe(false);
  stopOthers();
});
