import { describe, expect, it } from "vitest";
import type { TaskInput } from "@/api/types";
import {
  acceptOf, type FileRule, findField, findMisfit, type GivenFile, sizeInWords, takesFiles, typesOf, uploadIds,
} from "@/catalog/files";
import { missingFields } from "@/catalog/form";

const MB = 1024 * 1024;
const pictures: FileRule = {
  media_types: ["image/png", "image/jpeg"], suffixes: [".jpg", ".png"], max_bytes: 20 * MB, max_files: 1,
};
const sounds: FileRule = { media_types: ["audio/mpeg"], suffixes: [".mp3"], max_bytes: MB, max_files: 1 };
const input = (name: string, kind: TaskInput["kind"], file_rule: FileRule | null): TaskInput => ({
  name, label: name, placeholder: null, kind, choices: [], is_optional: false, file_rule,
});
const photo = input("photo", "image", pictures);
const shelves = input("shelves", "multiple_images", { ...pictures, max_files: 2 });
const memo = input("memo", "audio_file", sounds);
const inputs = [input("notes", "text_area", null), photo, shelves, memo];

const file = (name: string, type = "", size = 3) => {
  const made = new File(["abc"], name, { type });
  Object.defineProperty(made, "size", { value: size });
  return made;
};
const given = (key: string, id: string | null = null): GivenFile => ({
  key,
  name: key,
  size: 3,
  upload: id === null ? null : {
    id, input_name: "photo", name: key, media_type: "image/png", size_bytes: 3,
    created_at: "2026-11-21T08:00:00.000Z", is_used: false,
  },
  file: null,
  preview: null,
  sent: 1,
  problem: null,
});

describe("a file", () => {
  it("is taken by its type or by its name", () => {
    for (const good of [file("a.png", "image/png"), file("a.JPEG"), file("pasted", "image/jpeg")]) {
      expect(findMisfit(pictures, good, 0)).toBeNull();
    }
    expect(findMisfit(pictures, file("a.svg", "image/svg+xml"), 0)).toBe("type");
  });

  it("is measured before it is sent", () => {
    expect(findMisfit(pictures, file("a.png", "image/png", 0), 0)).toBe("empty");
    expect(findMisfit(pictures, file("a.png", "image/png", 20 * MB + 1), 0)).toBe("size");
  });

  it("replaces the one of a field for one, and finds a full field full", () => {
    expect(findMisfit(pictures, file("a.png"), 1)).toBeNull();
    expect(findMisfit({ ...pictures, max_files: 2 }, file("a.png"), 2)).toBe("count");
  });

  it("finds its field: the one aimed at, else the first with room", () => {
    const png = file("a.png", "image/png");
    expect(findField(inputs, {}, png, null)?.name).toBe("photo");
    expect(findField(inputs, {}, png, "shelves")?.name).toBe("shelves");
    expect(findField(inputs, {}, png, "notes")?.name).toBe("photo");
    expect(findField(inputs, { photo: [given("a")] }, png, null)?.name).toBe("shelves");
    const full = { photo: [given("a")], shelves: [given("b"), given("c")] };
    expect(findField(inputs, full, png, null)?.name).toBe("photo");
    expect(findField(inputs, {}, file("a.mp3"), null)?.name).toBe("memo");
    expect(findField(inputs, {}, file("a.pdf"), null)).toBeNull();
  });
});

it("sends the ids of what has arrived, by field", () => {
  const files = { photo: [given("a", "1")], shelves: [given("b", "2"), given("c"), given("d", "3")], memo: [] };
  expect(uploadIds(inputs, files)).toEqual({ photo: ["1"], shelves: ["2", "3"] });
});

it("misses files where they are needed", () => {
  expect(missingFields(inputs, { notes: "a" }, { photo: [given("a")] })).toEqual(["shelves", "memo"]);
  expect(inputs.map(takesFiles)).toEqual([false, true, true, true]);
});

it("tells limits in words", () => {
  expect(typesOf(pictures)).toBe("JPG, PNG");
  expect(acceptOf(sounds)).toBe("audio/mpeg,.mp3");
  expect([sizeInWords(20 * MB, "en"), sizeInWords(1536, "en"), sizeInWords(500, "fr")]).toEqual([
    "20 MB", "1.5 kB", "0,5\u202fko",
  ]);
});
