import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Composer } from "@/chat/Composer";
import { forgetDrafts } from "@/components/drafts";
import { show } from "../render";

const field = () => screen.getByRole("textbox", { name: "Say" }) as HTMLTextAreaElement;

it("sends on Enter, makes a line on Shift and Enter, and empties itself", async () => {
  const send = vi.fn();
  await show(<Composer draftName="x" label="Say" onSend={send} />);
  await userEvent.type(field(), "one{Shift>}{Enter}{/Shift}two{Enter}");
  expect(send).toHaveBeenCalledExactlyOnceWith("one\ntwo");
  expect(field().value).toBe("");
});

it("sends nothing that is blank, or while the assistant writes", async () => {
  const send = vi.fn();
  await show(<Composer draftName="x" label="Say" hint="Wait a moment." onSend={send} />);
  await userEvent.type(field(), "words{Enter}");
  expect(send).not.toHaveBeenCalled();
  expect(field().value).toBe("words");
  expect(screen.getByText("Wait a moment.")).toBeDefined();
});

it("keeps unsent words in the browser until the person logs out", async () => {
  const first = await show(<Composer draftName="x" label="Say" onSend={vi.fn()} />);
  await userEvent.type(field(), "half");
  first.unmount();
  const second = await show(<Composer draftName="x" label="Say" onSend={vi.fn()} />);
  expect(field().value).toBe("half");
  second.unmount();
  forgetDrafts();
  await show(<Composer draftName="x" label="Say" onSend={vi.fn()} />);
  expect(field().value).toBe("");
});
