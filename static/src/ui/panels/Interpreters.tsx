import { isInterpreter } from "meet-client/room/interpretation";
import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { LiveMark } from "../kit/LiveMark";
import { Switch } from "../kit/Switch";
import {
  hasInterpretation,
  type InterpreterLine,
  interpreterLines,
  type LanguageLines,
} from "../logic/interpreters";
import { Group } from "./Group";
import { PersonMenu } from "./PersonMenu";

/** Each language with its interpreters and who of them is live; moderators can mute and remove them. */
export function Interpreters() {
  const state = useMeeting().state.value;
  if (!hasInterpretation(state)) return null;
  const lines = interpreterLines(state);
  const count = lines.reduce((sum, { interpreters }) => sum + interpreters.length, 0);
  return (
    <Group title={t("people.interpreters")} count={count} countTestId="interpreter-count">
      {state.me.permissions.moderate && <InterpretationSwitch />}
      {lines.map((language) => (
        <Language key={language.tag} {...language} />
      ))}
    </Group>
  );
}

/** For moderators: whether there is interpretation in this meeting. */
export function InterpretationSwitch() {
  const { state, moderator } = useMeeting();
  const { enabled } = state.value.interpretation;
  const unheard = !enabled && state.value.peers.some(isInterpreter);
  return (
    <Switch
      label={t("interpretation.title")}
      hint={unheard ? t("interpretation.off") : t("interpretation.hint")}
      on={enabled}
      testId="interpretation-switch"
      onChange={(on) => void attempt(moderator.setInterpretation(on))}
    />
  );
}

function Language({ tag, name, interrupted, interpreters }: LanguageLines) {
  const { enabled } = useMeeting().state.value.interpretation;
  const title = name || (enabled ? t("interpretation.without") : "");
  return (
    <section
      class="interpreted"
      data-testid="interpreted"
      data-language={tag}
      aria-label={title || undefined}
    >
      {title && (
        <h4 class="interpreted-name" lang={tag || undefined}>
          {title}
        </h4>
      )}
      {interrupted && <p class="people-none">{t("interpretation.interrupted")}</p>}
      <ul>
        {interpreters.map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ul>
    </section>
  );
}

function Line({ line: { id, name, self, live } }: { line: InterpreterLine }) {
  const { permissions } = useMeeting().state.value.me;
  return (
    <li class="person" data-testid="interpreter" data-peer-id={id} data-live={String(live)}>
      <Avatar name={name} identity={id} />
      <div class="person-text">
        <span class="person-name" title={name}>
          {name}
        </span>
        <span class="person-role">{self ? t("people.you") : t("people.interpreter")}</span>
      </div>
      <div class="person-states">
        <LiveMark live={live} quiet={t("tile.state.micOff")} />
      </div>
      <div class="person-actions">
        {permissions.moderate && (self ? <span class="person-gap" /> : <PersonMenu peerId={id} />)}
      </div>
    </li>
  );
}
