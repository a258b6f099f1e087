/**
 * Entry point of the user service as a process of its own. Limits V8's young generation before any other module is
 * loaded.
 */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
