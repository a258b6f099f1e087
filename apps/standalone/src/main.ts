/**
 * The entry point of the standalone. Limits V8's young generation before any other module is loaded, then
 * starts all services.
 */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
