import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Highlight } from "@/api/types";
import { ExecutionRow } from "@/executions/ExecutionRow";
import { item } from "../builders";
import { show } from "../render";

const place = (changes: Partial<Highlight>): Highlight => ({
  field: "title", label: null, text: "Été à Paris", ranges: [{ start: 0, end: 3 }], ...changes,
});

const marks = () => [...document.querySelectorAll("mark")].map((mark) => mark.textContent);

it("shows a summary where nothing is searched", async () => {
  await show(<ExecutionRow execution={item({ title: "Launch", summary: "About it" })} />);
  expect(screen.getByRole("link").textContent).toContain("LaunchAbout it");
  expect(marks()).toEqual([]);
});

it("marks what was found in the title and in the text, and says which field a value was given to", async () => {
  const given = place({ field: "input", label: "Tone", text: "👍🏽 warm", ranges: [{ start: 3, end: 7 }] });
  await show(<ExecutionRow execution={item({ title: "Été à Paris" })} places={[place({}), given]} />);
  expect(marks()).toEqual(["Été", "warm"]);
  expect(screen.getByRole("link").textContent).toContain("Été à ParisTone: 👍🏽 warm");
});

it("shows markup of a text as it stands", async () => {
  const text = "<img src=x onerror=alert(1)> & more";
  await show(
    <ExecutionRow execution={item()} places={[place({ field: "text", text, ranges: [{ start: 1, end: 4 }] })]} />,
  );
  expect(document.querySelector("a img")).toBeNull();
  expect(screen.getByRole("link").textContent).toContain(text);
  expect(marks()).toEqual(["img"]);
});
