/** Compares a stored profile with the profile that its events produce. */
import type { LatchkeyEvent } from '@latchkey/events';
import type { Profile } from './profile.ts';
import { applyProfileEvent } from './project.ts';

/** Computes the profile from all events of an account. Undefined if there are none. */
export function foldProfile(events: readonly LatchkeyEvent[]): Profile | undefined {
  return events.reduce<Profile | undefined>(applyProfileEvent, undefined);
}

/**
 * Returns the names of the fields that differ or that only one profile has. Never returns values, which are personal
 * data.
 */
export function findDifferingFields(stored: Profile, folded: Profile): readonly string[] {
  const [one, other] = [new Map(Object.entries(stored)), new Map(Object.entries(folded))];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.has(name) !== other.has(name) || one.get(name) !== other.get(name));
}
