import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { LiveConnection } from "@/realtime/connection";

/** The app's socket, for as long as the person is inside. Its code comes after the first paint. */
export function useConnection(): LiveConnection | null {
  const client = useQueryClient();
  const [connection, setConnection] = useState<LiveConnection | null>(null);
  useEffect(() => {
    let isGone = false;
    let opened: LiveConnection | null = null;
    void import("@/realtime/connection").then((module) => {
      if (isGone) return;
      opened = new module.LiveConnection(client);
      opened.open();
      setConnection(opened);
    });
    return () => {
      isGone = true;
      opened?.close();
    };
  }, [client]);
  return connection;
}
