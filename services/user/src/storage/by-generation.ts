import { generationName } from '../generation/pointer.ts';
import type { Profiles } from '../ports/profiles.ts';

/** Returns a function that opens the profiles of a generation, and returns the same object for later calls. */
export function profilesByGeneration(open: (name: string) => Profiles): (generation: number) => Profiles {
  const opened = new Map<number, Profiles>();
  return (generation) => {
    const profiles = opened.get(generation) ?? open(generationName(generation));
    opened.set(generation, profiles);
    return profiles;
  };
}
