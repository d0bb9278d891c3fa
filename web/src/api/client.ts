import createClient, { type Middleware } from "openapi-fetch";
import { readProblem, unreachable } from "./errors";
import type { paths } from "./schema";

type SignedOutListener = () => void;
const signedOutListeners = new Set<SignedOutListener>();

/** Called when the server no longer knows the person; returns the way to stop listening. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** Tell the app that the log-in ended, wherever that was noticed. */
export function reportSignedOut(): void {
  for (const listener of signedOutListeners) listener();
}

const session: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", document.documentElement.lang || "en");
    return request;
  },
  onResponse({ request, response }) {
    const isLoggingIn = request.method === "POST" && request.url.endsWith("/logins");
    if (response.status === 401 && !isLoggingIn) reportSignedOut();
  },
};

export const api = createClient<paths>({
  baseUrl: new URL("/api/v1", window.location.origin).href,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
api.use(session);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * The body of a good answer.
 * @throws ApiError for any other answer, and when none comes.
 */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (refused) {
    if (refused instanceof DOMException && refused.name === "AbortError") throw refused;
    throw unreachable();
  }
  if (!answer.response.ok) throw readProblem(answer.response.status, answer.error);
  return answer.data as T;
}
