import { useLocalStorage } from "@mantine/hooks";

/** Whether single keys do something (WCAG 2.1.4: they can be turned off). Kept in this browser. */
export function useSingleKeys() {
  return useLocalStorage({
    key: "mojodex.single-keys",
    defaultValue: true,
    getInitialValueInEffect: false,
  });
}
