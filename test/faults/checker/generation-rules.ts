/** Rules about the generations of the read model. */
import type { GenerationShownByProcess } from '../run-folder.ts';
import { createViolations, type Violation } from './report.ts';

/**
 * Checks that, after each switch of the active generation, every process responds from the generation that is
 * now active.
 */
export function checkActiveGenerationIsShown(
  shown: readonly GenerationShownByProcess[],
): readonly Violation[] {
  return shown
    .filter((each) => each.shown !== each.active)
    .flatMap(({ by, active, shown: other }) =>
      createViolations(
        'generations',
        `${by} answers with ${other === null ? 'no generation' : `generation ${other}`} while ${active} is active`,
      ),
    );
}
