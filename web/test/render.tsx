import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { i18next, speak, startI18n, withTexts } from "@/i18n";
import { theme, variablesResolver } from "@/theme/theme";

/** Shows a component with everything around it that a page has. */
export async function show(children: ReactNode, { language = "en" } = {}) {
  if (!i18next.isInitialized) await startI18n();
  await speak(language);
  await withTexts("palette", withTexts("settings", Promise.resolve()));
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute();
  const here = createRoute({ getParentRoute: () => root, path: "/", component: () => children });
  const elsewhere = createRoute({
    getParentRoute: () => root,
    path: "/executions/$executionId",
    component: () => <h1>Elsewhere</h1>,
  });
  const router = createRouter({
    routeTree: root.addChildren([here, elsewhere]),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  await router.load();
  const view = render(
    <MantineProvider theme={theme} cssVariablesResolver={variablesResolver}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...view, client, router };
}
