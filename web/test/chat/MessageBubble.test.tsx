import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { MessageBubble } from "@/chat/MessageBubble";
import { message } from "../builders";
import { show } from "../render";

const LEFT_OUT = /^Older messages were left out of this answer because/;

it("says below an answer that older messages were left out of it, also where it wrote a version", async () => {
  const version = { version_id: "9", index: 2, title: "Launch" };
  await show(
    <>
      <MessageBubble executionId="1" message={message("1", { is_history_trimmed: true })} />
      <MessageBubble executionId="1" message={message("2", { is_history_trimmed: true, version })} />
    </>,
  );
  expect(screen.getAllByText(LEFT_OUT)).toHaveLength(2);
});

it("says nothing of the kind below other answers", async () => {
  await show(<MessageBubble executionId="1" message={message("1")} />);
  expect(screen.getByText("Text 1")).toBeDefined();
  expect(screen.queryByText(LEFT_OUT)).toBeNull();
});
