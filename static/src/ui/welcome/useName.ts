import { useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { cleanName, MAX_NAME_LENGTH, nameProblem, rememberedName, rememberName } from "../logic/names";

/** The name on a welcome screen: what it is, what is wrong with it, and joining under it. */
export function useName() {
  const meeting = useMeeting();
  const { me } = meeting.state.value;
  const [name, setName] = useState(() => me.displayName || rememberedName());
  const [checked, setChecked] = useState(false);
  const [nameless] = useState(!name);
  const problem = me.nameFixed ? null : nameProblem(name);
  const join = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (problem) return;
    if (!me.nameFixed) rememberName(cleanName(name));
    void meeting.join(cleanName(name));
  };
  const field = {
    label: t("welcome.name"),
    value: name,
    placeholder: t("welcome.namePlaceholder"),
    readOnly: me.nameFixed,
    hint: me.nameFixed ? t("welcome.nameFixed") : undefined,
    error: checked && problem ? t(problem, { max: MAX_NAME_LENGTH }) : undefined,
    autocomplete: "name",
    focus: nameless,
    testId: "name-input",
    onInput: setName,
  };
  return { name, field, join };
}
