/** Files on their way into a form: what fits where, and what is kept of them. */
import type { TaskInput, Upload } from "@/api/types";

export type FileRule = NonNullable<TaskInput["file_rule"]>;
export type FileInput = TaskInput & { file_rule: FileRule };

/** A file of a field. `upload` once the server has it; `preview` only where this page chose it. */
export type GivenFile = {
  /** Made here; the server keeps one file per key, however often it is sent. */
  key: string;
  name: string;
  size: number;
  upload: Upload | null;
  file: File | null;
  preview: string | null;
  /** From 0 to 1. */
  sent: number;
  problem: FileProblem | null;
};
/** Why a file is not on the server; `isPassing` when sending it again may help. */
export type FileProblem = { words: string; isPassing: boolean };
export type FilesByInput = Record<string, GivenFile[]>;

export type Misfit = "type" | "size" | "empty" | "count";

export const takesFiles = (input: TaskInput): input is FileInput => input.file_rule !== null;

/** For the dialog of the browser, which knows some files by their type and some by their name. */
export const acceptOf = (rule: FileRule) => [...rule.media_types, ...rule.suffixes].join(",");

const endingOf = (name: string) => /\.[^.]+$/.exec(name.toLowerCase())?.[0].replace(".jpeg", ".jpg") ?? "";

function isOfType(rule: FileRule, file: File): boolean {
  return rule.media_types.includes(file.type) || rule.suffixes.includes(endingOf(file.name));
}

/** Why a file will not be taken, before it is sent; the server looks into it and has the last word. */
export function findMisfit(rule: FileRule, file: File, given: number): Misfit | null {
  if (!isOfType(rule, file)) return "type";
  if (file.size === 0) return "empty";
  if (file.size > rule.max_bytes) return "size";
  return given >= rule.max_files && rule.max_files > 1 ? "count" : null;
}

/** The field for a file that was dropped or pasted somewhere: the one aimed at, else the first with room. */
export function findField(
  inputs: TaskInput[], files: FilesByInput, file: File, aimedAt: string | null,
): FileInput | null {
  const fields = inputs.filter(takesFiles);
  const aimed = fields.find((field) => field.name === aimedAt);
  if (aimed !== undefined) return aimed;
  const fitting = fields.filter((field) => isOfType(field.file_rule, file));
  const hasRoom = (field: FileInput) => (files[field.name]?.length ?? 0) < field.file_rule.max_files;
  return fitting.find(hasRoom) ?? fitting[0] ?? null;
}

/** "PNG, JPG": how people call what a field takes. */
export const typesOf = (rule: FileRule) =>
  rule.suffixes.map((suffix) => suffix.slice(1).toUpperCase()).join(", ");

/** A size in words, as file managers write it. */
export function sizeInWords(bytes: number, language: string): string {
  const units = ["kilobyte", "megabyte", "gigabyte"] as const;
  let step = 0;
  // Less than a tenth of a kilobyte is still something.
  let value = bytes === 0 ? 0 : Math.max(bytes / 1024, 0.1);
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[step] ?? "kilobyte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

/** What is sent: ids by field, of fields that hold something. */
export function uploadIds(inputs: TaskInput[], files: FilesByInput): Record<string, string[]> {
  const ids: Record<string, string[]> = {};
  for (const { name } of inputs.filter(takesFiles)) {
    const found = (files[name] ?? []).flatMap(({ upload }) => (upload === null ? [] : [upload.id]));
    if (found.length > 0) ids[name] = found;
  }
  return ids;
}

export const keptFile = (upload: Upload): GivenFile => ({
  key: upload.id,
  name: upload.name,
  size: upload.size_bytes,
  upload,
  file: null,
  preview: null,
  sent: 1,
  problem: null,
});

export const newFile = (key: string, file: File): GivenFile => ({
  key,
  name: file.name,
  size: file.size,
  upload: null,
  file,
  preview: /^(image|audio|video)\//.test(file.type) ? URL.createObjectURL(file) : null,
  sent: 0,
  problem: null,
});

/** Give back what the browser holds for a preview. */
export function forgetPreview({ preview }: GivenFile): void {
  if (preview !== null) URL.revokeObjectURL(preview);
}
