import type { ListedRoom, RoomsState } from "../../wire/live";
import { count, duration, someNames } from "./figures";
import { Glyph } from "./Glyph";
import { Notice } from "./Notice";
import type { Watched } from "./watch";

interface Props {
  watched: Watched<RoomsState>;
  /** Whether rooms of several accounts can be in the list. */
  accounts: boolean;
}

/** All live rooms, the oldest first. */
export function RoomsPage({ watched, accounts }: Props) {
  const state = watched.state.value;
  const problem = watched.problem.value;
  return (
    <>
      {problem && <Notice text={problem} />}
      {state?.silentNodes.map((node) => (
        <Notice key={node} text={`The meeting server ${node} does not answer. Its rooms are missing here.`} />
      ))}
      {state && <Summary rooms={state.rooms} />}
      {state?.rooms.length === 0 && <NoRooms complete={state.silentNodes.length === 0} />}
      {state && state.rooms.length > 0 && <Table state={state} accounts={accounts} />}
    </>
  );
}

function Summary({ rooms }: { rooms: ListedRoom[] }) {
  if (rooms.length === 0) return null;
  const people = rooms.reduce((sum, { peers }) => sum + peers, 0);
  return (
    <p class="live-quiet" data-testid="live-sum">
      {count(people, "person", "people")} in {count(rooms.length, "room", "rooms")}
    </p>
  );
}

function NoRooms({ complete }: { complete: boolean }) {
  return (
    <div class="live-card live-empty" data-testid="live-empty">
      <Glyph name="meeting_room" />
      <strong>
        {complete ? "Nobody is in a room at the moment" : "No other room is live at the moment"}
      </strong>
      <p class="live-quiet">
        A room is listed here as soon as somebody is in it. This page keeps itself up to date.
      </p>
    </div>
  );
}

function Table({ state: { now, rooms }, accounts }: { state: RoomsState; accounts: boolean }) {
  return (
    <table class="live-card live-table">
      <thead>
        <tr>
          <th scope="col">Room</th>
          {accounts && <th scope="col">Account</th>}
          <th scope="col">Who is in</th>
          <th scope="col">Open for</th>
          <th scope="col">Server</th>
        </tr>
      </thead>
      <tbody>
        {rooms.map((room) => (
          <tr key={room.url} data-testid="live-room" data-room-id={room.roomId}>
            <th scope="row">
              <a href={room.url}>{room.roomId}</a>
            </th>
            {accounts && <td>{room.account}</td>}
            <td>
              <span class="live-names" dir="auto">
                {someNames(room.people, room.peers - room.viewers)}
              </span>
              <Counts room={room} />
            </td>
            <td class="live-number">
              <time dateTime={new Date(room.openedAt).toISOString()}>{duration(now - room.openedAt)}</time>
            </td>
            <td class="live-quiet">{room.node}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Counts({ room: { peers, viewers, waiting } }: { room: ListedRoom }) {
  return (
    <span class="live-counts">
      <span>{count(peers - viewers, "person", "people")}</span>
      {viewers > 0 && <span>{count(viewers, "viewer", "viewers")}</span>}
      {waiting > 0 && (
        <span class="live-badge" data-tone="warn">{`${waiting.toLocaleString("en")} waiting`}</span>
      )}
    </span>
  );
}
