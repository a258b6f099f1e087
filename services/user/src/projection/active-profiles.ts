/** The profiles of the active generation. */
import type { Profiles } from '../ports/profiles.ts';
import type { PointerView } from './pointer-view.ts';

export type ActiveProfiles = Pick<Profiles, 'find' | 'load' | 'list' | 'listParked' | 'countParked'>;

/**
 * Returns profiles that are read from the active generation. A result is used only if the generation is still active
 * afterwards: otherwise it may have been removed meanwhile and look empty.
 */
export function activeProfiles(
  view: Pick<PointerView, 'trusted'>,
  profilesOf: (generation: number) => ActiveProfiles,
): ActiveProfiles {
  async function ask<T>(question: (profiles: ActiveProfiles) => Promise<T>): Promise<T> {
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
