import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { FilledInput, Upload } from "@/api/types";
import { InputsFold } from "@/executions/InputsFold";
import { show } from "../render";

const input = (name: string, changes: Partial<FilledInput> = {}): FilledInput => ({
  name, label: `The ${name}`, kind: "text_area", value: null, choices: [], files: [], placeholder: null,
  is_optional: false, file_rule: null, ...changes,
});

const upload = (id: string, name: string, media_type: string): Upload => ({
  id, input_name: "shelves", name, media_type, size_bytes: 3, created_at: "2026-11-21T08:00:00.000Z", is_used: true,
});

it("shows what was given by its human names, and leaves out what was not", async () => {
  const tone = { value: "warm", choices: [{ value: "warm", label: "Warm and friendly" }] };
  await show(<InputsFold inputs={[input("notes", { value: " We met " }), input("tone", tone), input("extra", { value: " " })]} />);
  await userEvent.click(screen.getByText("What you gave"));
  expect(screen.getAllByRole("term").map((term) => term.textContent)).toEqual(["The notes", "The tone"]);
  expect(screen.getAllByRole("definition").map((words) => words.textContent)).toEqual(["We met", "Warm and friendly"]);
});

it("shows pictures as such and other files by their names, each in a tab of its own", async () => {
  const files = [upload("7", "left.png", "image/png"), upload("8", "tour.mp4", "video/mp4")];
  await show(<InputsFold inputs={[input("shelves", { value: ["left.png", "tour.mp4"], files })]} />);
  await userEvent.click(screen.getByText("What you gave"));
  const links = within(screen.getByRole("definition")).getAllByRole("link");
  expect(links.map((link) => [link.textContent, link.getAttribute("href"), link.getAttribute("target")])).toEqual([
    ["left.png", "/api/v1/uploads/7/content", "_blank"],
    ["tour.mp4", "/api/v1/uploads/8/content", "_blank"],
  ]);
  const [picture, video] = links.map((link) => link.querySelector("img"));
  expect([picture?.getAttribute("src"), picture?.getAttribute("alt")]).toEqual(["/api/v1/uploads/7/content", ""]);
  expect(video).toBeNull();
});

it("is not there when nothing was given", async () => {
  await show(<InputsFold inputs={[input("notes")]} />);
  expect(screen.queryByText("What you gave")).toBeNull();
});
