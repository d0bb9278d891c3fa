/** The wire's own names for what the pages show. Everything comes from the generated schema. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type About = Schemas["AboutOut"];
export type Login = Schemas["LoginItem"];
export type Person = Schemas["UserOut"];
export type TaskItem = Schemas["TaskItem"];
export type Task = Schemas["TaskOut"];
export type TaskInput = Schemas["InputOut"];
export type Upload = Schemas["UploadOut"];
export type ExecutionItem = Schemas["ExecutionItem"];
export type Execution = Schemas["ExecutionOut"];
export type ExecutionPage = Schemas["ExecutionPage"];
export type Highlight = Schemas["HighlightOut"];
export type ExecutionState = ExecutionItem["state"];
export type FilledInput = Schemas["InputValueOut"];
export type Version = Schemas["VersionOut"];
export type VersionItem = Schemas["VersionItem"];
export type Message = Schemas["MessageOut"];
export type Problem = Schemas["Problem"];
export type Notice = Schemas["Notice"];
export type TurnTexts = Schemas["TurnTexts"];
export type Page<T> = { items: T[]; next_cursor: string | null };
