import "i18next";
import type { en } from "./en";
import type { palette } from "./palette/en";
import type { settings } from "./settings/en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en & typeof palette & typeof settings };
    returnNull: false;
  }
}
