/** An edit under way: its base, its words, its saving, and what others wrote meanwhile. */
import type { Version } from "@/api/types";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { Autosave } from "./autosave";
import { type Base, type Content, draftName, isEditDraft, isSameContent } from "./edit-draft";
import { mergeTexts, mergeTitles } from "./merge";

/** `updated`: nothing was typed, the newer text is shown. `merged`: both edits are in the text. */
export type RemoteNews = { kind: "updated" | "merged" };

/** `conflict` is somebody else's version that touched the same place: the person chooses. */
export type Meeting = {
  conflict: Version | null;
  news: RemoteNews | null;
  /** The choice is on its way to the server; nothing can be typed. */
  isSettling: boolean;
};

const nothingMet: Meeting = { conflict: null, news: null, isSettling: false };

const contentOf = ({ title, body }: Content): Content => ({ title, body });

export const baseOf = (version: Version): Base => ({
  ...contentOf(version),
  versionId: version.version_id,
  revision: version.revision,
});

function merge(base: Content, mine: Content, theirs: Content): Content | null {
  const title = mergeTitles(base.title, mine.title, theirs.title);
  const body = mergeTexts(base.body, mine.body, theirs.body);
  return title === null || body === null ? null : { title, body };
}

type Post = (content: Content, base: Base, isNewVersion: boolean) => Promise<Version>;
type Restore = (index: number) => Promise<Version>;

export class EditSession {
  readonly start: Content;
  readonly autosave: Autosave<Content>;
  /** Sends an edit to the server. */
  post: Post = () => Promise.reject(new Error("nobody sends"));
  /** Makes an earlier version the newest. */
  restore: Restore = () => Promise.reject(new Error("nobody sends"));
  /** Puts other words into the editor, leaving the cursor where it is. */
  show: (content: Content) => void = () => undefined;
  private base: Base;
  private baseIndex: number;
  private content: Content;
  /** The next save must not replace the version before: somebody else wrote it. */
  private isNextNew = false;
  private meeting: Meeting = nothingMet;
  private readonly listeners = new Set<() => void>();
  private readonly name: string;

  constructor(executionId: string, text: Version) {
    this.name = draftName(executionId);
    const draft = readDraft(this.name, isEditDraft);
    this.base = draft?.base ?? baseOf(text);
    this.baseIndex = this.base.versionId === text.version_id ? text.index : 0;
    this.start = contentOf(draft ?? text);
    this.content = this.start;
    this.autosave = new Autosave<Content>(contentOf(this.base), {
      save: this.save,
      isSame: isSameContent,
      onSaved: () => dropDraft(this.name),
    });
  }

  readonly get = (): Meeting => this.meeting;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Begin: what was typed before a reload is saved; what is not saved on leaving is sent at once. */
  readonly open = (): (() => void) => {
    this.autosave.edit(this.content);
    const hurry = () => void this.autosave.flush();
    window.addEventListener("online", hurry);
    window.addEventListener("pagehide", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      window.removeEventListener("pagehide", hurry);
      hurry();
    };
  };

  readonly change = (content: Content): void => {
    this.content = content;
    this.autosave.edit(content);
    this.keep();
  };

  /** The latest version that is known: bring it together with what is typed, or ask. */
  meet(text: Version): void {
    if (this.meeting.isSettling || this.autosave.get().state === "saving" || !this.isBehind(text)) return;
    const merged = merge(this.base, this.content, text);
    if (merged === null) {
      this.autosave.hold();
      if (this.meeting.conflict?.version_id !== text.version_id || this.meeting.conflict.revision !== text.revision) {
        this.tell({ ...nothingMet, conflict: text });
      }
      return;
    }
    const kind = isSameContent(this.content, this.base) ? "updated" : "merged";
    this.adopt(text, merged);
    this.show(merged);
    this.tell({ ...nothingMet, news: { kind } });
  }

  readonly keepMine = (): void => {
    const { conflict } = this.meeting;
    if (conflict === null) return;
    this.isNextNew = true;
    this.adopt(conflict, this.content);
    this.tell(nothingMet);
  };

  /**
   * The person's words become a version first, then the other one is brought back over it. Rejects
   * when that failed: before the first step nothing has changed, after it the words are saved.
   */
  readonly takeTheirs = async (): Promise<void> => {
    const { conflict, isSettling } = this.meeting;
    if (conflict === null || isSettling) return;
    this.tell({ ...this.meeting, isSettling: true });
    try {
      const mine = await this.post(this.content, baseOf(conflict), true);
      this.adopt(mine, contentOf(mine));
      this.meeting = { ...this.meeting, conflict: null };
      const theirs = await this.restore(conflict.index);
      this.adopt(theirs, contentOf(theirs));
      this.show(contentOf(theirs));
    } finally {
      this.tell({ ...this.meeting, isSettling: false });
    }
  };

  private isBehind(text: Version): boolean {
    if (text.version_id === this.base.versionId) return text.revision > this.base.revision;
    return text.index > this.baseIndex;
  }

  private adopt(text: Version, content: Content): void {
    this.base = baseOf(text);
    this.baseIndex = text.index;
    this.content = content;
    this.autosave.rebase(contentOf(text), content);
    this.keep();
  }

  /** In this browser, until the server has it. */
  private keep(): void {
    if (this.autosave.isDirty) keepDraft(this.name, { ...this.content, base: this.base });
    else dropDraft(this.name);
  }

  private tell(meeting: Meeting): void {
    this.meeting = meeting;
    for (const listener of this.listeners) listener();
  }

  private readonly save = async (content: Content): Promise<void> => {
    const version = await this.post(content, this.base, this.isNextNew);
    this.isNextNew = false;
    this.base = { ...content, versionId: version.version_id, revision: version.revision };
    this.baseIndex = version.index;
  };
}
