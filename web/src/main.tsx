import "@fontsource-variable/inter/wght.css";
import "@/theme/mantine.css";
import "@/theme/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "@/api/errors";
import { App } from "@/app";
import { startI18n } from "@/i18n";

async function start(): Promise<void> {
  await startI18n();
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  createRoot(root, {
    // An answer that did not come is shown on its page; anything else is a fault of ours.
    onCaughtError: (error) => {
      if (!(error instanceof ApiError)) reportError(error);
    },
  }).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

void start();
