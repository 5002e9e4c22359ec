import { useState } from "preact/hooks";
import { LANGUAGES, languageName } from "../../i18n/language";
import { locale, setLocale, t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { languages } from "../kit/icons";
import { Select } from "../kit/Select";
import { Switch } from "../kit/Switch";
import { VolumeSlider } from "../kit/VolumeSlider";
import { notify } from "../localNotices";
import { cleanName, MAX_NAME_LENGTH, nameProblem, rememberName } from "../logic/names";
import { chatPreviews, speakerOnStage } from "../logic/rememberedSwitch";
import { DevicePickers } from "../welcome/DevicePickers";

/** My name, my devices, the sound and the language. Everything counts at once. */
export function Settings({ onClose }: { onClose: () => void }) {
  const meeting = useMeeting();
  const { me } = meeting.state.value;
  return (
    <Dialog title={t("settings.title")} testId="settings-dialog" onClose={onClose}>
      <div class="settings">
        <NameField />
        {!me.viewer && <DevicePickers labelled />}
        <div class="field">
          <span class="field-label">{t("settings.sound")}</span>
          <VolumeSlider />
        </div>
        <Switch
          label={t("settings.chatPreviews")}
          on={chatPreviews.on.value}
          testId="chat-previews"
          onChange={chatPreviews.set}
        />
        <Switch
          label={t("settings.speakerOnStage")}
          on={speakerOnStage.on.value}
          testId="speaker-on-stage"
          onChange={speakerOnStage.set}
        />
        <Select
          label={t("settings.language")}
          labelled
          icon={languages}
          value={locale()}
          options={LANGUAGES.map((code) => ({ value: code, label: languageName(code) }))}
          empty=""
          testId="language"
          onChange={(code) => {
            setLocale(code).catch(() => notify("error", "notice.languageFailed"));
          }}
        />
      </div>
    </Dialog>
  );
}

function NameField() {
  const meeting = useMeeting();
  const { me } = meeting.state.value;
  const [name, setName] = useState(me.displayName);
  const problem = me.nameFixed ? null : nameProblem(name);
  const keep = () => {
    const cleaned = cleanName(name);
    if (problem || me.nameFixed || cleaned === me.displayName) return;
    rememberName(cleaned);
    void meeting.setDisplayName(cleaned);
  };
  return (
    <Field
      label={t("welcome.name")}
      value={name}
      readOnly={me.nameFixed}
      hint={me.nameFixed ? t("welcome.nameFixed") : undefined}
      error={problem ? t(problem, { max: MAX_NAME_LENGTH }) : undefined}
      autocomplete="name"
      testId="settings-name"
      onInput={setName}
      onBlur={keep}
      onEnter={keep}
    />
  );
}
