/** What a stored profile says, against what its events add up to. */
import type { LatchkeyEvent } from '@latchkey/events';
import type { Profile } from './profile.ts';
import { project } from './project.ts';

/** The profile that an account's events make, from the first one on; undefined where there are none. */
export function fold(events: readonly LatchkeyEvent[]): Profile | undefined {
  return events.reduce<Profile | undefined>(project, undefined);
}

/** The names of the fields that are not the same in both, or in one of them alone; never what stands in them. */
export function differingFields(stored: Profile, folded: Profile): readonly string[] {
  const [one, other] = [new Map(Object.entries(stored)), new Map(Object.entries(folded))];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.has(name) !== other.has(name) || one.get(name) !== other.get(name));
}
