import type { LiveWaiting } from "../../wire/live";
import { duration } from "./figures";
import { admit, admitAll } from "./orders";
import type { Act } from "./useOrders";

interface Props {
  waiting: LiveWaiting[];
  now: number;
  act: Act;
}

/** Who stands at the door. */
export function WaitingCard({ waiting, now, act }: Props) {
  if (waiting.length === 0) return null;
  return (
    <section class="live-card live-section" data-testid="live-waiting">
      <h3>
        At the door <span class="live-count">{waiting.length}</span>
        {waiting.length > 1 && (
          <button type="button" class="live-button" onClick={() => act(admitAll())}>
            Let all in
          </button>
        )}
      </h3>
      <ul>
        {waiting.map((person) => (
          <li class="live-person" key={person.peerId} data-peer-id={person.peerId} data-waiting>
            <div class="live-who">
              <strong dir="auto">{person.displayName}</strong>
              <time class="live-quiet" dateTime={new Date(person.since).toISOString()}>
                for {duration(now - person.since)}
              </time>
            </div>
            <div class="live-buttons">
              <button
                type="button"
                class="live-button"
                aria-label={`Let ${person.displayName} in`}
                onClick={() => act(admit(person, true))}
              >
                Let in
              </button>
              <button
                type="button"
                class="live-button"
                aria-label={`Turn ${person.displayName} away`}
                onClick={() => act(admit(person, false))}
              >
                Turn away
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
