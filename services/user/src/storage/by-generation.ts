import { getGenerationNameSuffix } from '../generation/pointer.ts';
import type { ProfileStore } from '../ports/profiles.ts';

/** Creates a function that opens the profiles of a generation, and returns the same object for later calls. */
export function cacheProfilesByGeneration(
  open: (name: string) => ProfileStore,
): (generation: number) => ProfileStore {
  const opened = new Map<number, ProfileStore>();
  return (generation) => {
    const profiles = opened.get(generation) ?? open(getGenerationNameSuffix(generation));
    opened.set(generation, profiles);
    return profiles;
  };
}
