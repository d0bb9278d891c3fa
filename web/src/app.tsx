import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { queryClient } from "@/api/query-client";
import { Announcer } from "@/components/Announcer";
import { CrashGuard } from "@/components/CrashGuard";
import { Toasts } from "@/components/Toasts";
import { router } from "@/router";
import { theme, variablesResolver } from "@/theme/theme";

const colorScheme = localStorageColorSchemeManager({ key: "mojodex.theme" });

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variablesResolver}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
    >
      <CrashGuard>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Toasts />
          <Announcer />
        </QueryClientProvider>
      </CrashGuard>
    </MantineProvider>
  );
}
