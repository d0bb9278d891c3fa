import { expect, it } from "vitest";
import { popupPlace } from "@/components/place-popup";

const view = { width: 400, height: 600 };
const panel = { width: 200, height: 100 };

it("stands beside its button", () => {
  const anchor = { left: 20, top: 500, right: 60, bottom: 540 };
  expect(popupPlace(anchor, panel, "right-end", view)).toEqual({ left: 68, top: 440 });
  expect(popupPlace(anchor, panel, "bottom-start", { ...view, height: 900 })).toEqual({ left: 20, top: 548 });
});

it("stays in the window", () => {
  const corner = { left: 350, top: 560, right: 400, bottom: 600 };
  expect(popupPlace(corner, panel, "bottom-start", view)).toEqual({ left: 192, top: 492 });
  expect(popupPlace({ left: 0, top: 0, right: 40, bottom: 40 }, panel, "top-end", view)).toEqual({ left: 8, top: 8 });
});
