import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { Announcer } from "@/components/Announcer";
import { Toasts } from "@/components/Toasts";
import { getToasts, hideToast, pauseToasts, resumeToasts, showToast, STAY_MS } from "@/components/toasts";
import { type Undoable, useUndoable } from "@/components/undo";
import { show } from "../render";

function Deletion({ deed }: { deed: Partial<Undoable> }) {
  const deletes = useUndoable();
  const start = () =>
    deletes({ id: "1", words: "“Minutes” is deleted.", run: async () => {}, undo: async () => {}, ...deed });
  return (
    <main tabIndex={-1}>
      <button type="button" onClick={start}>Delete</button>
      <input aria-label="Name" />
      <Toasts />
      <Announcer />
    </main>
  );
}

afterEach(() => {
  vi.useRealTimers();
  act(() => {
    for (const toast of getToasts()) hideToast(toast.id);
    for (const reason of ["pointer", "focus", "hidden"] as const) resumeToasts(reason);
  });
});

it("acts at once, says how to take it back, and gives the focus back", async () => {
  const run = vi.fn<() => Promise<void>>(async () => {});
  const undo = vi.fn<() => Promise<void>>(async () => {});
  await show(<Deletion deed={{ run, undo }} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(run).toHaveBeenCalledOnce();
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("Press Ctrl Z to undo."));

  await userEvent.tab();
  await userEvent.tab();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Undo" }));
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(undo).toHaveBeenCalledOnce());
  expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Name" }));
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("Undone."));
});

it("undoes by Ctrl Z, but not while one types", async () => {
  const undo = vi.fn<() => Promise<void>>(async () => {});
  await show(<Deletion deed={{ undo }} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await userEvent.click(screen.getByRole("textbox", { name: "Name" }));
  await userEvent.keyboard("{Control>}z{/Control}");
  expect(undo).not.toHaveBeenCalled();
  screen.getByRole("button", { name: "Delete" }).focus();
  await userEvent.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(undo).toHaveBeenCalledOnce());
});

it("waits for the act before it takes it back", async () => {
  const waiting: (() => void)[] = [];
  const run = () => new Promise<void>((resolve) => waiting.push(resolve));
  const undo = vi.fn<() => Promise<void>>(async () => {});
  await show(<Deletion deed={{ run, undo }} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(undo).not.toHaveBeenCalled();
  for (const finish of waiting) finish();
  await waitFor(() => expect(undo).toHaveBeenCalledOnce());
});

it("shows things as they were when the act failed", async () => {
  const onFailure = vi.fn<() => void>();
  const undo = vi.fn<() => Promise<void>>(async () => {});
  await show(<Deletion deed={{ run: () => Promise.reject(new Error("no")), undo, onFailure }} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(onFailure).toHaveBeenCalledOnce());
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  expect(screen.getByRole("alert").textContent).toContain("Something went wrong.");
  expect(undo).not.toHaveBeenCalled();
});

it("says so when it could not be taken back", async () => {
  await show(<Deletion deed={{ undo: () => Promise.reject(new Error("no")) }} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Something went wrong."));
});

it("pauses while it is pointed at", async () => {
  await show(<Deletion deed={{}} />);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  // Shown again under false clocks.
  act(() => showToast({ id: "undo-1", words: "Gone", tone: "plain", undo: () => undefined }));
  await user.hover(screen.getByRole("button", { name: "Undo" }));
  act(() => vi.advanceTimersByTime(STAY_MS * 2));
  expect(screen.getByText("Gone")).not.toBeNull();
  await user.unhover(screen.getByRole("button", { name: "Undo" }));
  act(() => vi.advanceTimersByTime(STAY_MS));
  expect(screen.queryByText("Gone")).toBeNull();
});

it("pauses while the focus is on it, whatever the mouse does", async () => {
  await show(<Deletion deed={{}} />);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  act(() => showToast({ id: "undo-1", words: "Gone", tone: "plain", undo: () => undefined }));
  act(() => screen.getByRole("textbox", { name: "Name" }).focus());
  await user.tab();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Undo" }));
  act(() => vi.advanceTimersByTime(STAY_MS * 2));
  // Between its buttons, and while the mouse passes over it, it stays too.
  await user.tab();
  await user.hover(screen.getByText("Gone"));
  await user.unhover(screen.getByText("Gone"));
  act(() => vi.advanceTimersByTime(STAY_MS * 2));
  expect(screen.queryByText("Gone")).not.toBeNull();
  await user.tab({ shift: true });
  await user.tab({ shift: true });
  expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Name" }));
  act(() => vi.advanceTimersByTime(STAY_MS));
  expect(screen.queryByText("Gone")).toBeNull();
});

it("keeps the time that was left", () => {
  vi.useFakeTimers();
  showToast({ id: "a", words: "A", tone: "plain" });
  vi.advanceTimersByTime(STAY_MS - 1000);
  pauseToasts("hidden");
  vi.advanceTimersByTime(STAY_MS);
  resumeToasts("hidden");
  vi.advanceTimersByTime(999);
  expect(getToasts()).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(getToasts()).toHaveLength(0);
});

it("starts anew when a notice replaces one of the same name", () => {
  vi.useFakeTimers();
  showToast({ id: "a", words: "A", tone: "plain" });
  vi.advanceTimersByTime(STAY_MS - 1);
  showToast({ id: "a", words: "B", tone: "plain" });
  vi.advanceTimersByTime(STAY_MS - 1);
  expect(getToasts().map((toast) => toast.words)).toEqual(["B"]);
  });
