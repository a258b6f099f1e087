/**
 * Starts the auth service as a separate process. Limits the size of V8's young generation before it loads the
 * other modules, because the limit only has an effect then.
 */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
