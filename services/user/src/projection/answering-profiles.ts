/** The profiles of whichever generation answers. */
import { nameOf } from '../generation/pointer.ts';
import type { Profiles } from '../ports/profiles.ts';
import type { PointerView } from './pointer-view.ts';

export type AnsweringProfiles = Pick<Profiles, 'find' | 'load' | 'list' | 'listParked' | 'countParked'>;

/**
 * An answer counts only if its generation was known to answer afterwards still: else it may have been removed
 * meanwhile, and would seem to be empty.
 */
export function answeringProfiles(
  view: Pick<PointerView, 'trusted'>,
  profilesOf: (generation: number) => AnsweringProfiles,
): AnsweringProfiles {
  async function ask<T>(question: (profiles: AnsweringProfiles) => Promise<T>): Promise<T> {
    for (;;) {
      const { active } = await view.trusted();
      const answer = await question(profilesOf(active));
      if ((await view.trusted()).active === active) return answer;
    }
  }

  return {
    find: (id) => ask((profiles) => profiles.find(id)),
    load: (ids) => ask((profiles) => profiles.load(ids)),
    list: (query) => ask((profiles) => profiles.list(query)),
    listParked: (page) => ask((profiles) => profiles.listParked(page)),
    countParked: () => ask((profiles) => profiles.countParked()),
  };
}

/** Each generation's profiles, opened when they are first asked for. */
export function profilesByGeneration(open: (name: string) => Profiles): (generation: number) => Profiles {
  const opened = new Map<number, Profiles>();
  return (generation) => {
    const profiles = opened.get(generation) ?? open(nameOf(generation));
    opened.set(generation, profiles);
    return profiles;
  };
}
