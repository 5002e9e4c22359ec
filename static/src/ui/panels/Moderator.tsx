import { SWITCHABLES } from "meet-client/signal/shapes";
import { useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { cameraOff, hand, leave, micOff, screenOff } from "../kit/icons";
import { Switch } from "../kit/Switch";
import { effects } from "../logic/moderation";
import { AtDoor } from "./AtDoor";
import { EndMeeting } from "./EndMeeting";
import { Group } from "./Group";
import { InterpretationSwitch } from "./Interpreters";
import { RecordingControl } from "./RecordingControl";
import { Removed } from "./Removed";
import { SidePanel } from "./SidePanel";

const ICONS = { mic: micOff, camera: cameraOff, screen: screenOff };

/** All that concerns the whole meeting, for moderators; what concerns one person is in the list of people. */
export function Moderator() {
  const [ending, setEnding] = useState(false);
  return (
    <SidePanel title={t("moderator.title")} testId="moderator-panel">
      <div class="people-scroll">
        <AtDoor />
        <RecordingControl />
        <Everybody />
        <Entry />
        <Rights />
        <Interpretation />
        <Removed />
      </div>
      <footer class="panel-foot">
        <Button variant="danger" icon={leave} testId="end-meeting" onClick={() => setEnding(true)}>
          {t("moderator.end")}
        </Button>
      </footer>
      {ending && <EndMeeting onClose={() => setEnding(false)} />}
    </SidePanel>
  );
}

function Entry() {
  const { state, moderator } = useMeeting();
  const { rules } = state.value;
  return (
    <Group title={t("moderator.entry")}>
      <Switch
        label={t("moderator.waitingRoom")}
        hint={t("moderator.waitingRoomHint")}
        on={rules.waitingRoom}
        testId="rule-waiting-room"
        onChange={(on) => void attempt(moderator.setWaitingRoom(on))}
      />
      <Switch
        label={t("moderator.lock")}
        hint={t("moderator.lockHint")}
        on={rules.locked}
        testId="rule-locked"
        onChange={(on) => void attempt(moderator.setLocked(on))}
      />
    </Group>
  );
}

function Rights() {
  const { state, moderator } = useMeeting();
  const { rules } = state.value;
  return (
    <Group title={t("moderator.may")}>
      {SWITCHABLES.map((device) => (
        <Switch
          key={device}
          label={t(`moderator.may.${device}`)}
          on={rules[device]}
          testId={`rule-${device}`}
          onChange={(on) => void attempt(moderator.allowAll(device, on))}
        />
      ))}
    </Group>
  );
}

function Interpretation() {
  const { interpretation } = useMeeting().state.value;
  return (
    <Group title={t("interpretation.title")}>
      <InterpretationSwitch />
      {interpretation.enabled && interpretation.languages.length === 0 && (
        <p class="people-none">{t("interpretation.nobody")}</p>
      )}
    </Group>
  );
}

function Everybody() {
  const { state, moderator } = useMeeting();
  const effective = effects(state.value);
  return (
    <Group title={t("moderator.everybody")}>
      <div class="moderator-grid">
        {SWITCHABLES.map((device) => (
          <Button
            key={device}
            size="small"
            icon={ICONS[device]}
            disabled={!effective[device]}
            testId={`stop-all-${device}`}
            onClick={() => void attempt(moderator.stopAllTracks(device))}
          >
            {t(`moderator.stopAll.${device}`)}
          </Button>
        ))}
        <Button
          size="small"
          icon={hand}
          disabled={!effective.hands}
          testId="lower-all-hands"
          onClick={() => void attempt(moderator.lowerAllHands())}
        >
          {t("moderator.lowerAll")}
        </Button>
      </div>
    </Group>
  );
}
