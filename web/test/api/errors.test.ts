import { afterEach, describe, expect, it, vi } from "vitest";
import { api, ask, onSignedOut } from "@/api/client";
import { ApiError, isWorthRetrying, readProblem, unreachable } from "@/api/errors";
import { describeError } from "@/api/problem-text";

const t = ((key: string) => key) as unknown as Parameters<typeof describeError>[0];

const problem = {
  type: "urn:mojodex:problem:missing_input",
  title: "Unprocessable Content",
  status: 422,
  detail: "“Notes” is missing.",
  code: "missing_input",
  errors: [{ field: "inputs.notes", detail: "“Notes” is missing." }],
};

function answer(status: number, body: unknown, type = "application/problem+json"): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  vi.stubGlobal("fetch", async () => new Response(text, { status, headers: { "content-type": type } }));
}

afterEach(() => vi.unstubAllGlobals());

describe("an answer", () => {
  it("that is a problem keeps its code, words and fields", () => {
    const error = readProblem(422, problem);
    expect(error).toMatchObject({ status: 422, code: "missing_input", detail: "“Notes” is missing." });
    expect(error.fields).toEqual({ "inputs.notes": "“Notes” is missing." });
  });

  it("of a gateway is no answer", () => {
    for (const status of [502, 503, 504]) expect(readProblem(status, "<html>").isOffline).toBe(true);
    expect(readProblem(503, { ...problem, code: "model_unavailable" }).code).toBe("model_unavailable");
  });

  it("that is no problem document is unexpected", () => {
    expect(readProblem(500, "<html>").code).toBe("unexpected_answer");
    expect(readProblem(400, null).code).toBe("unexpected_answer");
  });
});

describe("words", () => {
  it("are ours where the page knows better, else the server's", () => {
    expect(describeError(t, unreachable())).toBe("errors.unreachable");
    expect(describeError(t, readProblem(422, problem))).toBe("“Notes” is missing.");
    expect(describeError(t, readProblem(418, "?"))).toBe("errors.unexpected");
    expect(describeError(t, new Error("stack"))).toBe("errors.unexpected");
  });
});

it("only what may pass is asked again", () => {
  expect(isWorthRetrying(unreachable())).toBe(true);
  expect(isWorthRetrying(readProblem(500, ""))).toBe(true);
  expect(isWorthRetrying(readProblem(404, { ...problem, code: "task_not_found" }))).toBe(false);
});

describe("asking", () => {
  it("answers the body", async () => {
    answer(200, { version: "1" }, "application/json");
    await expect(ask(api.GET("/about"))).resolves.toEqual({ version: "1" });
  });

  it("throws the problem", async () => {
    answer(422, problem);
    await expect(ask(api.GET("/about"))).rejects.toMatchObject({ code: "missing_input" });
  });

  it("throws `unreachable` when no answer comes", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const asked = ask(api.GET("/about"));
    await expect(asked).rejects.toBeInstanceOf(ApiError);
    await expect(asked).rejects.toMatchObject({ isOffline: true });
  });

  it("says when the log-in ended, but not when a password was wrong", async () => {
    const heard = vi.fn();
    const stop = onSignedOut(heard);
    answer(401, { ...problem, code: "wrong_credentials" });
    const body = { email: "a@b.c", password: "x", transport: "cookie" } as const;
    await expect(ask(api.POST("/logins", { body }))).rejects.toMatchObject({ status: 401 });
    expect(heard).not.toHaveBeenCalled();
    await expect(ask(api.GET("/me"))).rejects.toMatchObject({ status: 401 });
    expect(heard).toHaveBeenCalledOnce();
    stop();
  });
});
