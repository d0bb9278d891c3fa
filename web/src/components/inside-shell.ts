import { createContext } from "react";

/** Whether the shell is around this page, with its landmarks; false on pages that stand alone. */
export const InsideShell = createContext(false);
