/**
 * Starts the auth service as a separate process. Limits V8's young generation first, before other modules are
 * loaded.
 */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
