import { useTranslation } from "react-i18next";
import { PageHead } from "@/components/PageHead";
import { LanguageChoice, ThemeChoice } from "@/shell/PersonPanel";
import { AboutSection } from "./AboutSection";
import { LoginsSection } from "./LoginsSection";
import { NameForm } from "./NameForm";
import { PasswordSection } from "./PasswordSection";
import { Section } from "./Section";
import classes from "./Settings.module.css";
import { KeysToggle } from "./KeysToggle";
import { TimeZoneField } from "./TimeZoneField";

/** What a person chooses for themselves, on one page. What is changed is saved at once. */
export function SettingsPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("shell.settings")} />
      <div className={classes.page}>
        <Section title={t("settings.you")}><NameForm /></Section>
        <Section title={t("settings.place")} text={t("settings.placeText")}>
          <LanguageChoice labelClass={classes.toggleName} />
          <TimeZoneField />
        </Section>
        <Section title={t("shell.theme")} text={t("settings.themeText")}><ThemeChoice labelClass="only-read-aloud" /></Section>
        <Section id="keyboard" title={t("settings.keys")}><KeysToggle /></Section>
        <PasswordSection />
        <LoginsSection />
        <AboutSection />
      </div>
    </>
  );
}
