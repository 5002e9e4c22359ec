import { useEffect } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { BrandLogo, Logo } from "../kit/Logo";
import { keptDevices } from "../logic/keptDevices";
import { problemsOf } from "../logic/problems";
import { DevicePickers } from "./DevicePickers";
import { Preview } from "./Preview";
import { ProblemCard } from "./ProblemCard";
import { useName } from "./useName";

/** The screen before the meeting: how I look and sound, who I am, and in. */
export function Welcome() {
  const meeting = useMeeting();
  const { local, roomId, brand } = meeting.state.value;
  const { name, field, join } = useName();

  useEffect(() => {
    const { permissions } = meeting.state.peek().me;
    const kept = keptDevices(roomId, () => window.sessionStorage);
    if (permissions.mic && kept.mic) void meeting.setMic(true);
    if (permissions.camera && kept.camera) void meeting.setCamera(true);
    void meeting.refreshDevices();
  }, [meeting, roomId]);

  const problems = problemsOf(local.mic, local.camera);
  const nothingToSend = local.mic.error !== null && local.camera.error !== null;

  return (
    <div class="welcome" data-testid="welcome">
      <header class="welcome-head">
        {brand ? <BrandLogo brand={brand} /> : <Logo />}
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
          <Field {...field} />
          <Button type="submit" variant="primary" size="large" wide testId="join">
            {nothingToSend ? t("welcome.joinWithout") : t("welcome.join")}
          </Button>
        </form>
      </main>
    </div>
  );
}
