import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { Logo } from "../kit/Logo";
import { cleanName, MAX_NAME_LENGTH, nameProblem, rememberedName, rememberName } from "../logic/names";
import { problemsOf } from "../logic/problems";
import { DevicePickers } from "./DevicePickers";
import { Preview } from "./Preview";
import { ProblemCard } from "./ProblemCard";

/** The screen before the meeting: how I look and sound, who I am, and in. */
export function Welcome() {
  const meeting = useMeeting();
  const { me, local, roomId } = meeting.state.value;
  const [name, setName] = useState(() => me.displayName || rememberedName());
  const [checked, setChecked] = useState(false);

  useEffect(() => {
    void meeting.setMic(true);
    void meeting.setCamera(true);
    void meeting.refreshDevices();
  }, [meeting]);

  const [nameless] = useState(!name);

  const problem = me.nameFixed ? null : nameProblem(name);
  const join = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (problem) return;
    if (!me.nameFixed) rememberName(cleanName(name));
    void meeting.join(cleanName(name));
  };
  const problems = problemsOf(local.mic, local.camera);
  const nothingToSend = local.mic.error !== null && local.camera.error !== null;

  return (
    <div class="welcome" data-testid="welcome">
      <header class="welcome-head">
        <Logo />
        <span class="welcome-room" title={roomId}>
          {t("welcome.room", { room: roomId })}
        </span>
      </header>
      <main class="welcome-main">
        <div class="welcome-look">
          <Preview name={name} />
          <DevicePickers />
        </div>
        <form class="welcome-form" onSubmit={join} noValidate>
          <h1>{t("welcome.title")}</h1>
          {problems.map((each) => (
            <ProblemCard key={each.device} problem={each} />
          ))}
          <Field
            label={t("welcome.name")}
            value={name}
            placeholder={t("welcome.namePlaceholder")}
            readOnly={me.nameFixed}
            hint={me.nameFixed ? t("welcome.nameFixed") : undefined}
            error={checked && problem ? t(problem, { max: MAX_NAME_LENGTH }) : undefined}
            autocomplete="name"
            focus={nameless}
            testId="name-input"
            onInput={setName}
          />
          <Button type="submit" variant="primary" size="large" wide testId="join">
            {nothingToSend ? t("welcome.joinWithout") : t("welcome.join")}
          </Button>
        </form>
      </main>
    </div>
  );
}
