/** What a person changes about themselves from more than one place. */
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import { forgetDrafts } from "@/components/drafts";
import { showProblem } from "@/components/toasts";
import { matchLanguage, speak } from "@/i18n";
import { meQuery } from "@/identity/queries";
import { refreshAll } from "@/realtime/refresh";

/** What the person changed in another window or on another device counts here too. */
export function useFollowPerson(): void {
  const client = useQueryClient();
  const { data: me } = useSuspenseQuery(meQuery);
  const spoken = useRef(me.language);
  useEffect(() => {
    if (spoken.current === me.language) return;
    spoken.current = me.language;
    // Tasks, their forms and the reasons of failures come in the person's language.
    void speak(me.language).then(() => refreshAll(client));
  }, [client, me.language]);
}

/** The language, changed at once and saved behind it. */
export function useLanguage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: me } = useSuspenseQuery(meQuery);
  const change = useMutation({
    mutationFn: (language: string) => ask(api.PATCH("/me", { body: { language } })),
    onMutate: (language) => speak(language),
    onSuccess: (person) => {
      client.setQueryData(keys.me, person);
    },
    onError: (error) => {
      void speak(me.language);
      showProblem(describeError(t, error));
    },
  });
  return {
    language: matchLanguage(change.isPending ? change.variables : me.language),
    setLanguage: (language: string) => change.mutate(language),
  };
}

/** Log out of this browser; nothing that was typed stays in it. */
export function useLogOut() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => ask(api.DELETE("/logins/current")),
    onSuccess: async () => {
      forgetDrafts();
      await router.navigate({ to: "/sign-in" });
      client.clear();
    },
    onError: (error) => showProblem(describeError(t, error)),
  });
}
