import type { Problem } from "./types";

/** An answer that is not the one asked for: a problem document, or no answer at all. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  /** What happened, in the person's language, as the server says it. Empty when no answer came. */
  readonly detail: string;
  /** Words for single fields, by dotted path ("inputs.notes"). */
  readonly fields: Readonly<Record<string, string>>;

  constructor(problem: Pick<Problem, "status" | "code" | "detail" | "errors">) {
    super(problem.code);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.fields = Object.fromEntries(problem.errors.map((error) => [error.field, error.detail]));
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

export const unreachable = () =>
  new ApiError({ status: 0, code: "unreachable", detail: "", errors: [] });

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

/** The error for an answer outside 2xx. A proxy's page of HTML becomes `unexpected_answer`. */
export function readProblem(status: number, body: unknown): ApiError {
  if (isProblem(body)) return new ApiError({ ...body, status, errors: body.errors ?? [] });
  // Gateways answer for a server that is away; to the person that is the same as no answer.
  if (status === 502 || status === 503 || status === 504) return unreachable();
  return new ApiError({ status, code: "unexpected_answer", detail: "", errors: [] });
}

/** Whether asking again may help: no answer, a busy or a broken server. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
}
