/** Undo instead of "are you sure": an act is done at once, and can be taken back for eight seconds. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import { showProblem, showToast, hideToast } from "./toasts";

export type Undoable = {
  /** One notice per id: a second act on the same thing takes the place of the first. */
  id: string;
  /** What was done, as a sentence: "“Minutes” is deleted." */
  words: string;
  /** Does it. The page shows the result before the server has answered. */
  run: () => Promise<unknown>;
  /** Takes it back. Called after `run` has ended well, however fast the person was. */
  undo: () => Promise<unknown>;
  /** Shows things as they were, when `run` failed. */
  onFailure?: () => void;
};

/**
 * `const act = useUndoable()`, then `act({ id, words, run, undo, onFailure })`: does it, says so
 * with a way back, and says so too when either failed.
 */
export function useUndoable(): (act: Undoable) => void {
  const { t } = useTranslation();
  return useCallback(
    ({ id, words, run, undo, onFailure }: Undoable) => {
      const toastId = `undo-${id}`;
      const done = run().then(
        () => true,
        (error: unknown) => {
          hideToast(toastId);
          onFailure?.();
          showProblem(describeError(t, error));
          return false;
        },
      );
      const takeBack = async () => {
        if (!(await done)) return;
        try {
          await undo();
          showToast({ id: toastId, words: t("undo.done"), tone: "plain" });
        } catch (error) {
          showProblem(describeError(t, error));
        }
      };
      showToast({ id: toastId, words, tone: "plain", undo: () => void takeBack() });
    },
    [t],
  );
}
