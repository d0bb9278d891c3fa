import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { canDraw } from "@/components/can-draw";
import { TaskIcon } from "@/components/TaskIcon";
import { show } from "../render";

/** A machine that draws these emoji in colour, some signs in ink, and a box for all else. */
function haveFonts({ colour = "", ink = "" }: { colour?: string; ink?: string }): void {
  let text = "";
  const pixels = () => {
    if (colour !== "" && text === colour) return [200, 30, 30, 255];
    return text === ink ? [0, 0, 0, 90] : [0, 0, 0, 255];
  };
  const brush = {
    clearRect: () => undefined,
    fillText: (drawn: string) => (text = drawn),
    getImageData: () => ({ data: new Uint8ClampedArray(pixels()) }),
  };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(brush as never);
}

afterEach(() => vi.restoreAllMocks());

it("tells pictures and signs from the box for what is missing", () => {
  haveFonts({ colour: "🧭", ink: "✂" });
  expect(["🧭", "✂", "🪩", "🇫🇷"].map(canDraw)).toEqual([true, true, false, false]);
});

it("asks once per emoji, and not for letters", () => {
  haveFonts({});
  expect([canDraw("🐙"), canDraw("🐙"), canDraw("A"), canDraw("§"), canDraw("")]).toEqual([
    false, false, true, true, false,
  ]);
  expect(HTMLCanvasElement.prototype.getContext).toHaveBeenCalledOnce();
});

it("shows emoji where nobody can look", () => {
  expect(canDraw("🦉")).toBe(true);
});

it("draws the first letter of the name where the emoji is missing, and says neither", async () => {
  haveFonts({ colour: "📝" });
  await show(
    <p>
      <TaskIcon icon="📝" name="Meeting minutes" />
      <TaskIcon icon="🦕" name="« écrire »" />
      <TaskIcon icon="🦕" name="…" />
    </p>,
  );
  const line = screen.getByRole("paragraph");
  expect(line.textContent).toBe("📝");
  const letters = [...line.querySelectorAll<HTMLElement>("[data-letter]")].map((tile) => tile.dataset.letter);
  expect(letters).toEqual(["É", "·"]);
  expect([...line.children].every((icon) => icon.getAttribute("aria-hidden") === "true")).toBe(true);
});
