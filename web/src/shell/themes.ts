import type { MantineColorScheme } from "@mantine/core";

export const THEMES = ["auto", "light", "dark"] as const satisfies readonly MantineColorScheme[];
