import type { TFunction } from "i18next";
import { ApiError } from "./errors";

/** Codes for which the interface has better words than the server, knowing what is on screen. */
const OWN_WORDS = {
  unreachable: "errors.unreachable",
  unexpected_answer: "errors.unexpected",
  internal: "errors.internal",
  wrong_credentials: "errors.wrongCredentials",
  not_logged_in: "errors.notLoggedIn",
  stale_version: "errors.staleVersion",
  no_purchase: "errors.noPurchase",
} as const;

/** What went wrong, as one or two sentences for the person. */
export function describeError(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiError)) return t("errors.unexpected");
  const own = OWN_WORDS[error.code as keyof typeof OWN_WORDS];
  if (own !== undefined) return t(own);
  return error.detail || t("errors.unexpected");
}
