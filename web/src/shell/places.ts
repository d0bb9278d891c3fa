import { IconHistory, IconHome, IconLayoutGrid } from "@tabler/icons-react";

/** The places of the app, in their order. Only what exists is listed. */
export const PLACES = [
  { to: "/", name: "shell.home", Icon: IconHome, isExact: true },
  { to: "/tasks", name: "shell.tasks", Icon: IconLayoutGrid, isExact: false },
  { to: "/history", name: "shell.history", Icon: IconHistory, isExact: false },
] as const;
