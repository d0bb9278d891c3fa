import { beforeEach, expect, it, vi } from "vitest";
import { unreachable } from "@/api/errors";
import type { Version } from "@/api/types";
import { EditSession } from "@/executions/edit-session";
import { version } from "../builders";

const base = version(1, { body: "One.\n\nTwo." });
const theirs = version(2, { title: "Title 1", body: "One.\n\nTwo, they say." });

/** A session in which both changed the second block. */
function disagree() {
  const session = new EditSession("7", base);
  const shown: string[] = [];
  session.show = ({ body }) => void shown.push(body);
  const post = vi.fn<EditSession["post"]>();
  const restore = vi.fn<EditSession["restore"]>();
  session.post = post;
  session.restore = restore;
  session.change({ title: base.title, body: "One.\n\nTwo, I say." });
  session.meet(theirs);
  return { session, shown, post, restore };
}

const mine: Version = version(3, { title: "Title 1", body: "One.\n\nTwo, I say.", author: "user", cause: "edit" });
const back: Version = version(4, { title: "Title 1", body: theirs.body, cause: "restore", restored_index: 2 });

beforeEach(() => localStorage.clear());

it("saves the person's words as a version before the other text takes their place", async () => {
  const { session, shown, post, restore } = disagree();
  expect(session.get().conflict).toBe(theirs);
  post.mockImplementation(async () => {
    // What the server tells meanwhile is no news.
    session.meet(mine);
    return mine;
  });
  restore.mockResolvedValue(back);
  const taking = session.takeTheirs();
  expect(session.get().isSettling).toBe(true);
  await session.takeTheirs();
  await taking;
  expect(post).toHaveBeenCalledExactlyOnceWith(
    { title: "Title 1", body: mine.body }, expect.objectContaining({ versionId: "v2" }), true,
  );
  expect(restore).toHaveBeenCalledExactlyOnceWith(2);
  expect(shown).toEqual([theirs.body]);
  expect(session.get()).toEqual({ conflict: null, news: null, isSettling: false });
  expect(session.autosave.get().state).toBe("saved");
  session.meet(back);
  expect(shown).toHaveLength(1);
});

it("changes nothing when the words could not be saved, and keeps them in the browser", async () => {
  const { session, shown, post, restore } = disagree();
  post.mockRejectedValue(unreachable());
  await expect(session.takeTheirs()).rejects.toMatchObject({ code: "unreachable" });
  expect(session.get()).toEqual({ conflict: theirs, news: null, isSettling: false });
  expect(restore).not.toHaveBeenCalled();
  expect(shown).toEqual([]);
  expect(new EditSession("7", base).start.body).toBe(mine.body);
});

it("shows the person's own words, saved, when the other text could not be brought back", async () => {
  const { session, shown, post, restore } = disagree();
  post.mockResolvedValue(mine);
  restore.mockRejectedValue(unreachable());
  await expect(session.takeTheirs()).rejects.toMatchObject({ code: "unreachable" });
  expect(session.get()).toEqual({ conflict: null, news: null, isSettling: false });
  expect(session.autosave.get().state).toBe("saved");
  expect(shown).toEqual([]);
});

it("keeps the other text's version when the person's is chosen", async () => {
  const { session, post } = disagree();
  post.mockResolvedValue(mine);
  session.keepMine();
  await session.autosave.flush();
  expect(post).toHaveBeenCalledExactlyOnceWith(
    { title: "Title 1", body: mine.body }, expect.objectContaining({ versionId: "v2" }), true,
  );
  expect(session.autosave.get().state).toBe("saved");
});
