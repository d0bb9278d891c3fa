import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { announce } from "@/components/Announcer";

type Change = { name?: string; time_zone?: string };

/** Save something about oneself; the answer is the person as the server has them now. */
export function useProfile() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => ask(api.PATCH("/me", { body })),
    onSuccess: (person) => {
      client.setQueryData(keys.me, person);
      announce(t("settings.saved"));
    },
  });
}
