import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Task } from "@/api/types";
import { TaskForm } from "@/catalog/TaskForm";
import { execution } from "../builders";
import { show } from "../render";

const task: Task = {
  id: "7",
  name: "Meeting minutes",
  description: "Turns notes into minutes.",
  icon: "📝",
  kind: "instruct",
  is_enabled: true,
  last_used_at: null,
  inputs: [
    { name: "notes", label: "Your notes", placeholder: "Rough notes", kind: "text_area", choices: [], is_optional: false, file_rule: null },
    {
      name: "tone",
      label: "Tone",
      placeholder: null,
      kind: "drop_down_list",
      choices: [{ value: "warm", label: "Warm" }],
      is_optional: true,
      file_rule: null,
    },
  ],
};

const sent: { url: string; body: Record<string, unknown> }[] = [];
let reply: () => Response;

beforeEach(() => {
  sent.length = 0;
  reply = () => Response.json(execution({ id: "42" }), { status: 201 });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.endsWith("/about")) return new Response("", { status: 504 });
    sent.push({ url: request.url, body: (await request.json()) as Record<string, unknown> });
    return reply();
  });
});

afterEach(() => vi.unstubAllGlobals());

const start = () => screen.getByRole("button", { name: /Start writing/ });

describe("the form of a task", () => {
  it("is made from its definition, with the optional marked", async () => {
    await show(<TaskForm task={task} />);
    expect(screen.getByLabelText("Your notes").getAttribute("placeholder")).toBe("Rough notes");
    expect(screen.getByLabelText("Tone (optional)").tagName).toBe("SELECT");
  });

  it("says at the field what is missing, and goes there", async () => {
    await show(<TaskForm task={task} />);
    await userEvent.click(start());
    const field = screen.getByLabelText("Your notes");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByText(/Please fill this in/)).toBeDefined();
    expect(document.activeElement).toBe(field);
    expect(sent).toHaveLength(0);
    await userEvent.type(field, "a");
    expect(screen.queryByText(/Please fill this in/)).toBeNull();
  });

  it("starts with the keyboard and leads to the work", async () => {
    const { router } = await show(<TaskForm task={task} />);
    await userEvent.type(screen.getByLabelText("Your notes"), "We met{Control>}{Enter}{/Control}");
    await waitFor(() => expect(router.state.location.pathname).toBe("/executions/42"));
    expect(sent[0]?.body).toMatchObject({ task_id: "7", inputs: { notes: "We met" } });
    expect(sent[0]?.body.client_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("repeats a request that failed under the same id, and keeps what was typed", async () => {
    reply = () => new Response("", { status: 504 });
    await show(<TaskForm task={task} />);
    await userEvent.type(screen.getByLabelText("Your notes"), "We met");
    await userEvent.click(start());
    await screen.findByText(/The server does not answer/);
    await userEvent.click(start());
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body.client_id).toBe(sent[0]?.body.client_id);
    expect((screen.getByLabelText("Your notes") as HTMLTextAreaElement).value).toBe("We met");
  });

  it("shows the server's words at the field", async () => {
    reply = () =>
      Response.json(
        { code: "input_too_long", detail: "At most 200 characters.", errors: [{ field: "inputs.notes", detail: "At most 200 characters." }] },
        { status: 422 },
      );
    await show(<TaskForm task={task} />);
    await userEvent.type(screen.getByLabelText("Your notes"), "long");
    await userEvent.click(start());
    await screen.findByText("At most 200 characters.");
    expect(document.activeElement).toBe(screen.getByLabelText("Your notes"));
  });

  it("finds its draft again", async () => {
    const first = await show(<TaskForm task={task} />);
    await userEvent.type(screen.getByLabelText("Your notes"), "half a tho");
    first.unmount();
    await show(<TaskForm task={task} />);
    expect((screen.getByLabelText("Your notes") as HTMLTextAreaElement).value).toBe("half a tho");
  });

  it("asks for the files it needs, with their limits told before", async () => {
    const rule = { media_types: ["image/png"], suffixes: [".png"], max_bytes: 20 * 1024 * 1024, max_files: 1 };
    const photo: Task["inputs"][number] = {
      name: "photo", label: "Photo", placeholder: null, choices: [], is_optional: false, kind: "image", file_rule: rule,
    };
    await show(<TaskForm task={{ ...task, inputs: [photo] }} />);
    const field = screen.getByRole("group", { name: "Photo" });
    expect(field.textContent).toContain("PNG, up to 20 MB");
    await userEvent.click(start());
    expect(field.textContent).toContain("Please fill this in");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: /Choose a picture/ }));
    expect(sent.filter(({ url }) => url.endsWith("/executions"))).toHaveLength(0);
  });

  it("speaks French", async () => {
    await show(<TaskForm task={task} />, { language: "fr" });
    expect(screen.getByRole("button", { name: /Lancer l’écriture/ })).toBeDefined();
  });
});
