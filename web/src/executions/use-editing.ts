import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { keys } from "@/api/keys";
import type { Version } from "@/api/types";
import type { Content } from "./edit-draft";
import { EditSession } from "./edit-session";
import { useRestoreVersion, useSaveVersion } from "./use-save-version";

/** The edit of a text from its first key to the server, and what becomes of it when others edit. */
export function useEditing(executionId: string, text: Version, show: (content: Content) => void) {
  const client = useQueryClient();
  const { mutateAsync } = useSaveVersion(executionId);
  const { mutateAsync: restore } = useRestoreVersion(executionId);
  const [session] = useState(() => new EditSession(executionId, text));
  const saving = useSyncExternalStore(session.autosave.subscribe, session.autosave.get);
  const meeting = useSyncExternalStore(session.subscribe, session.get);

  useEffect(() => {
    session.post = (content, base, isNewVersion) => mutateAsync({ content, base, isNewVersion });
    session.restore = restore;
    session.show = show;
  }, [mutateAsync, restore, session, show]);

  useEffect(() => session.open(), [session]);

  // The server refused an edit because of a newer version: ask for it.
  useEffect(() => {
    if (saving.state === "stale") void client.invalidateQueries({ queryKey: keys.execution(executionId) });
  }, [client, executionId, saving.state]);

  useEffect(() => session.meet(text), [meeting.isSettling, session, saving.state, text]);

  return { session, saving, ...meeting };
}
