import {
  createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect,
} from "@tanstack/react-router";
import type { ComponentType } from "react";
import { onSignedOut } from "@/api/client";
import { ApiError, unreachable } from "@/api/errors";
import { queryClient } from "@/api/query-client";
import { taskQuery } from "@/catalog/queries";
import { NotFoundPage, NothingHere } from "@/components/NotFoundPage";
import { RouteError } from "@/components/RouteError";
import { speak, withTexts } from "@/i18n";
import type { HistorySearch } from "@/executions/history-search";
import { meQuery } from "@/identity/queries";

/**
 * A page whose code comes when it is visited. Code that cannot be fetched is a new version of the
 * app, for which the router loads everything anew, unless it is the server that is away.
 */
function lazyPage<M extends Record<K, ComponentType>, K extends keyof M & string>(load: () => Promise<M>, name: K) {
  return lazyRouteComponent(
    () =>
      load().catch(async (error: unknown) => {
        const isAway = await fetch("/healthz", { cache: "no-store" }).then((answer) => !answer.ok, () => true);
        throw isAway ? unreachable() : error;
      }),
    name,
  );
}

const rootRoute = createRootRoute({ notFoundComponent: NotFoundPage });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { to?: string | undefined } => ({
    to: isInside(search.to) ? search.to : undefined,
  }),
  component: lazyPage(() => import("@/identity/SignInPage"), "SignInPage"),
});

// What is refused is named as undefined: a key left out would come through from the raw address.

/** Only an address of this app may be returned to: "/tasks", never "//elsewhere". */
function isInside(address: unknown): address is string {
  return typeof address === "string" && /^\/(?![/\\])/.test(address);
}

const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "inside",
  beforeLoad: async ({ location }) => {
    try {
      const me = await queryClient.ensureQueryData(meQuery);
      await speak(me.language);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: "/sign-in", search: returnTo(location.href) });
      }
      throw error;
    }
  },
  component: lazyPage(() => import("@/shell/Shell"), "Shell"),
});

function returnTo(href: string): { to?: string } {
  return href === "/" ? {} : { to: href };
}

const homeRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/",
  component: lazyPage(() => import("@/home/HomePage"), "HomePage"),
});

const tasksRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/tasks",
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined } => ({
    q: readText(search.q),
  }),
  component: lazyPage(() => import("@/catalog/TasksPage"), "TasksPage"),
});

const taskRoute = createRoute({
  getParentRoute: () => tasksRoute,
  path: "$taskId",
  // Pointing at a card fetches its form, which then opens at once, and without a network too.
  loader: ({ params }) => void queryClient.prefetchQuery(taskQuery(params.taskId)),
  component: lazyPage(() => import("@/catalog/TaskSheet"), "TaskSheet"),
});

const executionRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/executions/$executionId",
  validateSearch: (search: Record<string, unknown>): { version?: number | undefined } => {
    const version = Number(search.version);
    return { version: Number.isInteger(version) && version > 0 ? version : undefined };
  },
  component: lazyPage(() => import("@/executions/ExecutionPage"), "ExecutionPage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/settings",
  component: lazyPage(() => withTexts("settings", import("@/settings/SettingsPage")), "SettingsPage"),
});

const historyRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/history",
  validateSearch: ({ q, state, task }: Record<string, unknown>): HistorySearch => ({
    q: readText(q),
    state: readText(state),
    task: readText(task),
  }),
  component: lazyPage(() => import("@/executions/HistoryPage"), "HistoryPage"),
});

/** A search for "2026" or "true" comes out of the address as a number or a truth. */
function readText(value: unknown): string | undefined {
  const isWords = ["string", "number", "boolean"].includes(typeof value);
  return isWords && value !== "" ? String(value) : undefined;
}

/** An address without a page: said inside the shell, with its ways to go on. */
const unknownRoute = createRoute({ getParentRoute: () => insideRoute, path: "$", component: NothingHere });

const routeTree = rootRoute.addChildren([
  signInRoute,
  insideRoute.addChildren([
    homeRoute,
    tasksRoute.addChildren([taskRoute]),
    executionRoute,
    historyRoute,
    settingsRoute,
    unknownRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: "/app",
  defaultPreload: "intent",
  defaultNotFoundComponent: NotFoundPage,
  defaultErrorComponent: RouteError,
  notFoundMode: "root",
  scrollRestoration: true,
  getScrollRestorationKey: ({ pathname, state, href }) =>
    // A form opens over the gallery, which stays where it is.
    pathname.startsWith("/tasks") ? "tasks" : (state.key ?? href),
  scrollToTopSelectors: ['[data-scroll-restoration-id="main"]'],
});

// A log-in that ends while the app is open: show the sign-in page, and come back here after it.
onSignedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/sign-in") return;
  queryClient.clear();
  void router.navigate({ to: "/sign-in", search: returnTo(href) });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
