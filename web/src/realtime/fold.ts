/**
 * How a notice changes what was fetched before: fold(fetched, notices) is what a fresh fetch
 * would answer. Each function returns the very same object when nothing changes.
 */
import type { Execution, ExecutionItem, Message, Notice, Page, VersionItem } from "@/api/types";

export type Pages<T> = { pages: Page<T>[]; pageParams: unknown[] };

type About = Extract<Notice, { type: "execution_started" | "execution_titled" | "execution_changed" }>;

export function isAboutExecution(notice: Notice): notice is About {
  return (
    notice.type === "execution_started" ||
    notice.type === "execution_titled" ||
    notice.type === "execution_changed"
  );
}

function questionAfter(before: Execution, item: ExecutionItem): string | null {
  return item.state === "asking" ? before.question : null;
}

/** The fetched execution after a notice about it. */
export function foldExecution(execution: Execution, notice: Notice): Execution {
  if (isAboutExecution(notice)) {
    if (notice.execution.id !== execution.id) return execution;
    const question = questionAfter(execution, notice.execution);
    return { ...execution, ...notice.execution, question };
  }
  switch (notice.type) {
    case "text_version_added":
      return foldVersion(execution, notice);
    case "message_added":
      if (notice.session_id !== execution.session_id) return execution;
      return foldMessageIntoExecution(execution, notice.message);
    default:
      return execution;
  }
}

function foldVersion(
  execution: Execution,
  notice: Extract<Notice, { type: "text_version_added" }>,
): Execution {
  if (notice.execution_id !== execution.id) return execution;
  const nVersions = Math.max(execution.n_versions, notice.index);
  const shown = execution.text;
  const { version } = notice;
  if (version === null || (shown !== null && isOlder(version, shown))) {
    return { ...execution, n_versions: nVersions };
  }
  return { ...execution, n_versions: nVersions, text: version };
}

function isOlder(
  left: Pick<VersionItem, "index" | "revision">,
  right: Pick<VersionItem, "index" | "revision">,
): boolean {
  return left.index < right.index || (left.index === right.index && left.revision < right.revision);
}

/** A message of the assistant without a text is its question; any other one ends the question. */
function foldMessageIntoExecution(execution: Execution, message: Message): Execution {
  if (message.sender === "user") return { ...execution, question: null };
  if (message.sender !== "assistant" || message.version !== null || message.is_failed) {
    return execution;
  }
  return execution.text === null ? { ...execution, question: message.text } : execution;
}

/**
 * The fetched messages (newest first by their authors' time) with one more, at its place: it may come
 * late. A message that is there already is replaced.
 */
export function foldMessages(pages: Pages<Message>, message: Message): Pages<Message> {
  if (isAmong(pages, message.id)) return replaceIn(pages, message.id, () => message);
  return insert(pages, message, (each) => each.written_at);
}

/** A fetched list of executions after a notice; `isWhole` when it shows those of every kind. */
export function foldExecutions(
  pages: Pages<ExecutionItem>,
  notice: Notice,
  { isWhole }: { isWhole: boolean },
): Pages<ExecutionItem> {
  if (notice.type === "execution_deleted") return without(pages, notice.execution_id);
  if (notice.type === "text_version_added") {
    return replaceIn(pages, notice.execution_id, (item) => ({
      ...item,
      n_versions: Math.max(item.n_versions, notice.index),
    }));
  }
  if (!isAboutExecution(notice)) return pages;
  const { execution } = notice;
  if (isAmong(pages, execution.id)) return replaceIn(pages, execution.id, () => execution);
  // A restored one is no news: it stands where it stood.
  const isListed = isWhole && execution.started_at !== null;
  return isListed ? insert(pages, execution, (item) => item.created_at) : pages;
}

function isAmong<T extends { id: string }>(pages: Pages<T>, id: string): boolean {
  return pages.pages.some((page) => page.items.some((item) => item.id === id));
}

function replaceIn<T extends { id: string }>(
  pages: Pages<T>,
  id: string,
  change: (item: T) => T,
): Pages<T> {
  if (!isAmong(pages, id)) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === id ? change(item) : item)),
    })),
  };
}

/** Among the newest first; not at all when its place is on a page that is still to be fetched. */
function insert<T>(pages: Pages<T>, item: T, timeOf: (item: T) => string): Pages<T> {
  const isNotNewer = (other: T) => timeOf(other) <= timeOf(item);
  const found = pages.pages.findIndex((page) => page.items.some(isNotNewer));
  const last = pages.pages.length - 1;
  if (found === -1 && pages.pages[last]?.next_cursor !== null) return pages;
  const place = found === -1 ? last : found;
  return {
    ...pages,
    pages: pages.pages.map((page, number) => {
      if (number !== place) return page;
      const index = found === -1 ? page.items.length : page.items.findIndex(isNotNewer);
      return { ...page, items: [...page.items.slice(0, index), item, ...page.items.slice(index)] };
    }),
  };
}

function without<T extends { id: string }>(pages: Pages<T>, id: string): Pages<T> {
  if (!isAmong(pages, id)) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.filter((item) => item.id !== id),
    })),
  };
}
