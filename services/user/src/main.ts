/**
 * Starts the user service as a separate process. V8's young generation is limited first, before any other module is
 * loaded.
 */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
