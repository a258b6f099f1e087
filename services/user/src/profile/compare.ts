/** Compares a stored profile with the profile that its events produce. */
import type { LatchkeyEvent } from '@latchkey/events';
import type { Profile } from './profile.ts';
import { applyProfileEvent } from './project.ts';

/** Computes an account's profile from all events of the account. Returns undefined if there are no events. */
export function computeProfile(events: readonly LatchkeyEvent[]): Profile | undefined {
  return events.reduce<Profile | undefined>(applyProfileEvent, undefined);
}

/**
 * Returns the names of the fields that differ between two profiles or that only one of them has. Never returns values,
 * which are personal data.
 */
export function findDifferingFields(stored: Profile, folded: Profile): readonly string[] {
  const [one, other] = [new Map(Object.entries(stored)), new Map(Object.entries(folded))];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.has(name) !== other.has(name) || one.get(name) !== other.get(name));
}
